import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { consul, createServer } from "../../mod.ts";
import { startConsul } from "../consul.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { runProgram } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS } from "./dinokit.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What it shows on a terminal, which util-linux's `script` makes. */
async function onTerminal(args: string, env: Record<string, string> = {}): Promise<string> {
  // CI may have set it for all.
  const unset = "NO_COLOR" in env ? "" : "env -u NO_COLOR ";
  const command = `${unset}"${Deno.execPath()}" run -A cli/main.ts ${args}`;
  const { stdout } = await runProgram({ path: "script", args: ["-qec", command, "/dev/null"], cwd: ROOT, env });
  return stdout.replaceAll("\r\n", "\n");
}

needs(CLI_PERMISSIONS, "dinokit has colours and indents JSON on a terminal, unless NO_COLOR is set", async () => {
  await using server = createServer({ name: "kinds", address: "127.0.0.1:0" });
  server.add(Kinds, kindsHandlers());
  await server.start();
  const health = `health ${server.address}`;
  assertEquals(await onTerminal(health), "\x1b[32mSERVING\x1b[0m\n");
  assertEquals(await onTerminal(health, { NO_COLOR: "1" }), "SERVING\n");
  const call = `call ${server.address} dinokit.test.Kinds/Unary '{"text":"x"}' --proto tests/proto/kinds.proto`;
  assertEquals(await onTerminal(call), '{\n  "text": "x"\n}\n');
});

needs(CLI_PERMISSIONS, "dinokit watch redraws one table in place on a terminal", async () => {
  await using agent = await startConsul();
  const child = new Deno.Command("script", {
    args: ["-qec", `"${Deno.execPath()}" run -A cli/main.ts watch kinds --consul ${agent.address}`, "/dev/null"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let shown = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) shown += text.replaceAll("\r\n", "\n");
  })();
  await until(() => shown.includes("! no instance: none passes its check"), "it says that there is none");
  const server = createServer({
    name: "kinds",
    address: "127.0.0.1:0",
    health: { address: "127.0.0.1:0" },
    registry: consul(agent.address),
    drainDelay: 0,
    weight: 7,
    tags: { zone: "a" },
  });
  server.add(Kinds, kindsHandlers());
  await server.start();
  const frames = () => shown.split("\x1b[3A\r\x1b[J");
  const rows = (frame: string) =>
    frame.trimEnd().split("\n").slice(1).map((line) => line.replace(/ {2,}/g, " ").trim());
  await until(() => frames().length === 2, "a second frame is drawn over the first");
  const [, head, row] = frames()[1]!.split("\n");
  assertMatch(head!, /^ {2}INSTANCE +WEIGHT {2}TAGS +META$/);
  assertMatch(row!, new RegExp(`^\\+ ${server.address} {2}7 {7}zone:a`));
  await server.stop();
  await until(() => frames().length === 3, "a third frame is drawn over the second");
  assertEquals(rows(frames()[2]!).length, 3);
  assertMatch(rows(frames()[2]!)[1]!, new RegExp(`^- ${server.address}`));
  child.kill("SIGTERM");
  await child.status;
  await reading;
});
