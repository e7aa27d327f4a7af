import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { dinokit } from "../../cli/main.ts";
import { consul, createServer } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";
import { CLI_PERMISSIONS } from "./dinokit.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The examples in the help of a command, as they are typed. */
const examplesOf = (help: string) => {
  const [, , examples] = /(Examples:\n)([^]*?)\n\n/.exec(help)!;
  return examples!.split("\n").map((line) => line.trim()).filter((line) => !line.startsWith("#"));
};

/** The folder that they are typed in: it holds what they name, and `dinokit` for the shell. */
async function workshop() {
  const folder = await Deno.makeTempDir();
  for (
    const name of [
      "proto",
      "bin",
      ".zfunc",
      ".config/fish/completions",
      ".local/share/bash-completion/completions",
    ]
  ) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  }
  await Deno.copyFile(`${ROOT}proto/echo.proto`, `${folder}/proto/echo.proto`);
  await Deno.writeTextFile(`${folder}/request.json`, '{"mes": "hello"}\n');
  const command = `#!/bin/sh\nexec "${Deno.execPath()}" run -A --no-prompt "${ROOT}cli/main.ts" "$@"\n`;
  await Deno.writeTextFile(`${folder}/bin/dinokit`, command, { mode: 0o755 });
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

needs(CLI_PERMISSIONS, "the examples in the help of every command work as described", async () => {
  await using agent = await startConsul();
  await using server = createServer({
    name: "echoservice",
    address: "127.0.0.1:0",
    health: { address: "127.0.0.1:0" },
    registry: consul(agent.address),
    reflection: true,
    drainTimeout: 0,
    drainDelay: 0,
  });
  server.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
  await server.start();
  await using place = await workshop();
  const { folder } = place;
  for (const one of dinokit().commands) {
    let help = "";
    one.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    const lines = examplesOf(help);
    assert(lines.length > 0, one.name());
    for (const line of lines) {
      const { code, stdout, stderr } = await runProgram({
        path: "bash",
        args: ["-o", "pipefail", "-c", typed(line, server.address, agent.address)],
        cwd: folder,
        env: { HOME: folder, PATH: `${folder}/bin:${Deno.env.get("PATH")}`, DENO_DIR: await denoDir(), NO_COLOR: "1" },
      });
      const ended = one.name() === "watch" ? 124 : 0; // it goes on until it is ended
      assertEquals(code, ended, `${line}: ${stderr}`);
      const redirected = line.includes(" > ");
      assert(redirected || one.name() === "gen" || stdout.length > 0, line);
      if (one.name() === "call") {
        assertEquals(stdout, line.includes("hello") || line.includes("@") ? '{"resp":"hello"}\n' : "{}\n");
      }
    }
  }
});

/** The example, with the addresses of this test. */
function typed(line: string, server: string, agent: string): string {
  const here = line.replace("127.0.0.1:8888", server)
    .replace(/--consul( 192\.0\.2\.1:8500)?(?= |$)/, `--consul ${agent}`)
    .replace(/(consul:\S+.*)$/, `$1 --consul ${agent}`);
  return line.startsWith("dinokit watch") ? `timeout 6 ${here}` : here;
}

/** HOME is another one there: the cache is not. */
async function denoDir(): Promise<string> {
  const { stdout } = await runProgram({ path: Deno.execPath(), args: ["info", "--json"] });
  return JSON.parse(stdout).denoDir;
}
