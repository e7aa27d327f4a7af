import { fileURLToPath } from "node:url";
import { type Outcome, type Peer, runProgram, startProgram } from "./program.ts";
import { VERSION } from "../mod.ts";

const ROOT = new URL("..", import.meta.url);

/** The kit, served over HTTP as it would be published: its package has all files that are there, and no others. */
export interface ServedKit extends AsyncDisposable {
  /** Where it is served: `"http://127.0.0.1:PORT/dinokit@0.1.0"`. */
  readonly url: string;
  /** Its host and port, as `--allow-import` wants them. */
  readonly host: string;
  /** What is served in place of a file, by its path. */
  readonly instead: Map<string, string>;
}

/** Serves what `deno publish` would upload. */
export async function serveKit(): Promise<ServedKit> {
  const { code, stderr } = await runProgram({
    path: Deno.execPath(),
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: fileURLToPath(ROOT),
    env: { NO_COLOR: "1" },
  }, 60_000);
  if (code !== 0) throw new Error(stderr);
  const files = new Set([...stderr.matchAll(/^\s*(file:\S+) \(/gm)].map(([, url]) => url!));
  const instead = new Map<string, string>();
  const base = `/dinokit@${VERSION}/`;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    const path = pathname.slice(base.length);
    const file = new URL(path, ROOT);
    if (!pathname.startsWith(base) || !files.has(file.href)) return new Response("not here", { status: 404 });
    const headers = { "content-type": path.endsWith(".ts") ? "application/typescript" : "text/plain" };
    return new Response(instead.get(path) ?? await Deno.readTextFile(file), { headers });
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return { url: `http://${host}${base.slice(0, -1)}`, host, instead, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** An empty folder with a Deno that has an empty cache. Both go with the scope of `await using`. */
export interface EmptyProject extends AsyncDisposable {
  /** Its path. */
  readonly path: string;
  /** Writes a file. */
  write(name: string, text: string): Promise<void>;
  /** Reads one. */
  read(name: string): Promise<string>;
  /** Runs `deno` to its end. */
  deno(...args: string[]): Promise<Outcome>;
  /** As `deno`, which has to end well; gives what it printed. */
  well(...args: string[]): Promise<string>;
  /** Starts `deno` as a server that prints `ready` and its port. */
  start(ready: string, ...args: string[]): Promise<Peer>;
  /** Forgets what Deno has loaded. */
  forget(): Promise<void>;
}

/** Creates an empty project. */
export async function emptyProject(): Promise<EmptyProject> {
  const folder = await Deno.makeTempDir({ prefix: "dinokit_empty_" });
  const [path, cache] = [`${folder}/project`, `${folder}/cache`];
  await Deno.mkdir(path);
  const program = (args: string[]) => ({
    path: Deno.execPath(),
    args,
    cwd: path,
    env: { DENO_DIR: cache, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DENO_NO_PROMPT: "1" },
  });
  const deno = (...args: string[]) => runProgram(program(args), 120_000);
  return {
    path,
    deno,
    async write(name, text) {
      const file = `${path}/${name}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, text);
    },
    read: (name) => Deno.readTextFile(`${path}/${name}`),
    async well(...args) {
      const { code, stdout, stderr } = await deno(...args);
      if (code !== 0) throw new Error(`deno ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
      return stdout;
    },
    start: (ready, ...args) => startProgram(program(args), ready),
    forget: () => Deno.remove(cache, { recursive: true }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
