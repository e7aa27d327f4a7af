import { assertEquals } from "@std/assert";
import { createServer } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS } from "./dinokit.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

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
