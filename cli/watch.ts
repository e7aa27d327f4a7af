import type { Instance } from "../mod.ts";
import { command } from "./command.ts";
import type { Command } from "./deps.ts";
import { checked } from "./exit.ts";
import { consulAddressOf, consulName, consulOf, QUIET, type TargetFlags, withConsul } from "./target.ts";
import { interruption, paint, print } from "./terminal.ts";

/** `dinokit watch` */
export function watchCommand(): Command {
  const watch = command("watch", {
    summary: "The instances of a service in Consul, and every change of them as it happens",
    description:
      "Shows what clients see: the instances that pass their checks. A line for each change: + comes, - goes, ~ is changed, " +
      "! Consul can't be asked. Ctrl-C ends it.",
    examples: [
      ["dinokit watch echoservice --consul", "with Consul at 127.0.0.1:8500"],
      ["dinokit watch echoservice --consul 192.0.2.1:8500", "with another agent"],
    ],
    permissions: [["--allow-net=HOST:PORT", "Consul's address"], [
      "--allow-read=FILE",
      "the file of --consul-token-file",
    ]],
  }).argument("<name>", "the service's name in Consul");
  return withConsul(watch, true).action(watchService);
}

type Flags = Omit<TargetFlags, "consul"> & { consul?: string | true };

async function watchService(given: string, flags: Flags): Promise<void> {
  const name = consulName(given) ?? given;
  const seen = new Map<string, string>();
  // What is kept back from clients for a while is news here.
  const resolver = consulOf({ ...flags, consul: consulAddressOf(flags) }, { grace: 0 });
  using stop = interruption();
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.addEventListener("abort", () => resolve());
  let printed = Promise.resolve();
  const say = (lines: readonly string[]) => printed = printed.then(() => print(lines.join("\n"))).catch(resolve);
  const watch = checked(() =>
    resolver.watch(name, (resolution) => {
      if ("error" in resolution) return void say([line("!", resolution.error.message)]);
      const first = seen.size === 0;
      const lines = changes(seen, resolution.instances);
      if (resolution.instances.length === 0 && first) {
        lines.push(line("!", `no instance of ${name}: ${resolution.why}`));
      }
      if (lines.length > 0) say(lines);
    }, QUIET)
  );
  await stopped;
  watch.close();
  await printed;
}

const COLOURS = { "+": "green", "-": "red", "~": "yellow", "!": "red" } as const;

function line(sign: keyof typeof COLOURS, text: string): string {
  return `${paint(new Date().toISOString(), "dim")} ${paint(`${sign} ${text}`, COLOURS[sign])}`;
}

/** What is new against what was seen, which becomes what there is. */
export function changes(seen: Map<string, string>, instances: readonly Instance[]): string[] {
  const now = new Map(instances.map((one) => [one.address, facts(one)]));
  const lines: string[] = [];
  for (const address of seen.keys()) if (!now.has(address)) lines.push(line("-", address));
  for (const [address, text] of now) {
    const before = seen.get(address);
    if (before === undefined) lines.push(line("+", `${address} ${text}`));
    else if (before !== text) lines.push(line("~", `${address} ${text} (was ${before})`));
  }
  seen.clear();
  for (const one of now) seen.set(...one);
  return lines;
}

const facts = ({ weight, tags, meta }: Instance) =>
  [["weight", String(weight)], ...tags, ...meta].map(([key, value]) => `${key}=${value}`).join(" ");
