import { fileURLToPath, pathToFileURL } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";

// What the README promises to somebody who has just cloned: the last commit in a folder of its own, and a Deno with an
// empty cache.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ALL: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "net" }, {
  name: "env",
}];

interface Result {
  readonly code: number;
  /** What it printed, on stdout and on stderr. */
  readonly text: string;
}

/** A clone with a Deno for it. Both go with the scope of `await using`. */
async function freshClone() {
  const folder = await Deno.makeTempDir({ prefix: "dinokit-clone-" });
  const env = { DENO_DIR: `${folder}/deno`, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const clone = `${folder}/dinokit`;
  const start = (program: string, args: string[], cwd: string, more: Record<string, string> = {}) =>
    new Deno.Command(program, {
      args,
      cwd,
      env: { ...env, ...more },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(180_000),
    }).spawn();
  const result = async (child: Deno.ChildProcess): Promise<Result> => {
    const { code, stdout, stderr } = await child.output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  const { code, text } = await result(
    start("git", ["clone", "--quiet", "--depth=1", pathToFileURL(ROOT).href, clone], folder),
  );
  assertEquals(code, 0, text);
  return {
    clone,
    start: (args: string[], more?: Record<string, string>) => start(Deno.execPath(), args, clone, more),
    result,
    /** Runs a command to its end, which has to be a good one. */
    async deno(...args: string[]): Promise<string> {
      const { code, text } = await result(start(Deno.execPath(), args, clone));
      assertEquals(code, 0, `deno ${args.join(" ")}:\n${text}`);
      return text;
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether this is a clone itself, and not a copy of the files. Undefined if Deno may not look. */
function isClone(): boolean | undefined {
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return undefined;
  try {
    return Deno.statSync(`${ROOT}.git`) !== undefined;
  } catch {
    return false;
  }
}

const register: typeof needs = isClone() === false
  ? (_permissions, name, fn) => Deno.test({ name: `${name} (ignored: needs a git clone)`, ignore: true, fn })
  : needs;

register(ALL, "a fresh clone does what the README says", async (t) => {
  await using fresh = await freshClone();

  await t.step("deno task demo", async () => {
    assertStringIncludes(await fresh.deno("task", "demo"), `client    reply { resp: "hello, world" }`);
  });

  await t.step("deno task serve and deno task client", async () => {
    const [port, health, nobody] = [freePort(), freePort(), freePort()];
    // The command of the task, but for its ports: those may be taken here.
    const { tasks } = JSON.parse(await Deno.readTextFile(`${fresh.clone}/deno.json`));
    const [deno, ...args]: string[] = tasks.serve.command.split(" ");
    assertEquals(deno, "deno");
    const net = [port, health, nobody].map((one) => `127.0.0.1:${one}`).join();
    args.splice(args.indexOf("-P=serve") + 1, 0, `--allow-net=${net}`);
    const server = fresh.start(args, {
      DINOKIT_KITEX_ADDRESS: `127.0.0.1:${port}`,
      DINOKIT_HEALTH_ADDRESS: `127.0.0.1:${health}`,
      DINOKIT_REGISTRY_REGISTRY_ADDRESS: `127.0.0.1:${nobody}`,
      DINOKIT_DRAIN_DELAY: "0",
    });
    const ended = fresh.result(server);
    try {
      const healthy = () => fetch(`http://127.0.0.1:${health}/health`).then((answer) => answer.text(), () => false);
      const report = await until(healthy, "the server is healthy", 30_000);
      assertStringIncludes(String(report), `"status":"serving"`);
      const said = await fresh.deno("task", "client", "--addr", `127.0.0.1:${port}`, "--count", "2");
      assertStringIncludes(said, `{ resp: "hello, world" }\n{ resp: "hello, world" }\n`);
    } finally {
      server.kill("SIGTERM");
    }
    const { code, text } = await ended;
    assertEquals(code, 0, text);
    assertStringIncludes(text, "client_name =  echo_client\n");
  });

  await t.step("deno task gen --check", async () => void await fresh.deno("task", "gen", "--check"));
  await t.step("deno doc --lint mod.ts", async () => void await fresh.deno("doc", "--lint", "mod.ts"));

  await t.step("deno test, which gives a reason for each ignored test", async () => {
    const text = await fresh.deno("test");
    assertMatch(text, /^ok \| \d+ passed .*\| 0 failed \| \d+ ignored/m);
    const ignored = text.split("\n").filter((line) => line.includes(" ... ignored"));
    assert(ignored.length > 50, `${ignored.length} are ignored`);
    assertEquals(ignored.filter((line) => !/\(ignored: .+\)/.test(line)), []);
  });
});
