import { command, type JsonFlag, withJson } from "./command.ts";
import type { Command } from "../deps.ts";
import { checked } from "../output/failure.ts";
import { consulName, consulOf, QUIET, type TargetFlags, withConsul } from "./target.ts";
import { interruption, onTerminal } from "../output/terminal.ts";
import { changeJson, changeLines, changingTable } from "../output/watch_view.ts";

/** Creates the command `dinokit watch`. */
export function watchCommand(): Command {
  const watch = command("watch", {
    summary: "Watches the instances of a service in Consul",
    description:
      "Shows the instances that clients see: those that pass their checks. On a terminal it prints a table, else " +
      "a line for each change: + added, - removed, ~ changed, ! none left, or Consul fails, = it works again. " +
      "Ctrl-C ends it.",
    examples: [
      ["dinokit watch echoservice --consul", "with Consul at 127.0.0.1:8500"],
      ["dinokit watch echoservice --consul 192.0.2.1:8500", "with another agent"],
      ["dinokit watch echoservice --consul --json", "for programs"],
    ],
    permissions: [
      ["--allow-net=HOST:PORT", "Consul's address"],
      ["--allow-env=CONSUL_HTTP_ADDR", "this address, without --consul"],
      ["--allow-read=FILE", "the file of --consul-token-file"],
    ],
  }).argument("<name>", "the service's name in Consul");
  return withJson(withConsul(watch, true), "JSON, for programs: a line for each change").action(watchService);
}

type Flags = TargetFlags & JsonFlag;

async function watchService(given: string, flags: Flags): Promise<void> {
  const name = consulName(given) ?? given;
  // Shows changes at once that the registry would hold back from clients for a while.
  const resolver = consulOf(flags, { grace: 0 });
  const view = (flags.json ? changeJson : onTerminal ? changingTable : changeLines)(name);
  using stop = interruption();
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.addEventListener("abort", () => resolve());
  let shown = Promise.resolve();
  const watch = checked(() =>
    resolver.watch(name, (resolution) => {
      shown = shown.then(() =>
        "error" in resolution
          ? view.fail(resolution.error.message)
          : view.show(resolution.instances, resolution.why ?? "Consul lists none")
      ).catch(resolve);
    }, QUIET)
  );
  await stopped;
  watch.close();
  await shown;
}
