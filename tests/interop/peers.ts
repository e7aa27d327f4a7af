/**
 * Other people's gRPC, to test against: programs on Kitex and grpc-go, built by Go from `go/`.
 *
 * ```ts ignore
 * needs(PEER_PERMISSIONS, "createClient() calls a Kitex server", async () => {
 *   await using server = await startPeer("kitex_server");
 *   await using echo = createClient(EchoService, { address: server.address });
 * });
 * ```
 *
 * @module
 */

/** What a test with a peer needs. */
export const PEER_PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "env" },
  { name: "read" },
  { name: "write" },
];

/** What is built: the programs of our own module, and later those of the modules that it requires. */
const PACKAGES = ["./..."];
const SOURCE = new URL("go/", import.meta.url);

let built: Promise<string> | undefined;

/**
 * Builds the peers, unless the cache has them built from the same source.
 *
 * @returns The folder of the programs.
 * @throws {Error} If there is no Go, or it can't build them.
 */
export function buildPeers(): Promise<string> {
  return built ??= build();
}

async function build(): Promise<string> {
  const home = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`;
  const folder = `${home}/dinokit/go-${await sourceHash()}`;
  if (await exists(folder)) return folder;
  // Test files run in several processes: each builds in a folder of its own, and the first one done wins.
  await Deno.mkdir(`${home}/dinokit`, { recursive: true });
  const draft = await Deno.makeTempDir({ dir: `${home}/dinokit`, prefix: "go-draft-" });
  try {
    const { success, stderr } = await go(["build", "-buildvcs=false", "-o", `${draft}/`, ...PACKAGES]);
    if (!success) throw new Error(`buildPeers: go build failed in ${SOURCE.pathname}:\n${text(stderr)}`);
    await Deno.rename(draft, folder);
  } catch (error) {
    await Deno.remove(draft, { recursive: true });
    if (!await exists(folder)) throw error;
  }
  return folder;
}

async function go(args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("go", { args, cwd: SOURCE, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      "buildPeers: the interop tests need Go 1.26 or newer: install it (https://go.dev/doc/install) and put its bin folder on PATH",
    );
  }
}

/** A hash of all that goes into the programs. */
async function sourceHash(): Promise<string> {
  const files = (await sources(SOURCE)).sort();
  const parts = await Promise.all(
    files.map(async (file) => `${file}\n${await Deno.readTextFile(new URL(file, SOURCE))}`),
  );
  const input = [...PACKAGES, Deno.build.target, ...parts].join("\n");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(input));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

async function sources(folder: URL, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await sources(new URL(`${name}/`, folder), `${prefix}${name}/`));
    else if (/\.go$|^go\.(mod|sum)$/.test(name)) found.push(prefix + name);
  }
  return found;
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A server that runs in a process of its own. */
export interface Peer extends AsyncDisposable {
  /** Where it listens: `"127.0.0.1:PORT"`. */
  readonly address: string;
  /** The lines that it has printed so far. */
  readonly lines: readonly string[];
  /**
   * The first line that holds `part`, as soon as there is one.
   *
   * @throws {Error} If there is none within 10 seconds, or the program ends before.
   */
  line(part: string): Promise<string>;
  /** Asks it to end (SIGTERM), and kills it if it has not after 5 seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a server. It ends with the scope of `await using`.
 *
 * @param name The program: `"kitex_server"` or `"grpcgo_server"`.
 * @param args Its flags. It listens on a free port without `-addr`.
 * @throws {Error} If it does not say READY within 10 seconds; the message holds what it logged.
 */
export async function startPeer(name: string, args: readonly string[] = []): Promise<Peer> {
  const program = new Deno.Command(`${await buildPeers()}/${name}`, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const child = program.spawn();
  const log = new Response(child.stderr).text();
  const output = new Lines(child.stdout);
  const stop = async (): Promise<void> => {
    kill(child, "SIGTERM");
    const timer = setTimeout(() => kill(child, "SIGKILL"), 5000);
    await Promise.all([child.status, output.ended, log]);
    clearTimeout(timer);
  };
  const line = async (part: string): Promise<string> => {
    const found = await output.find(part);
    if (found !== undefined) return found;
    await stop();
    throw new Error(`${name} ${args.join(" ")} did not print "${part}" but:\n${output.lines.join("\n")}\n${await log}`);
  };
  const ready = await line("READY ");
  return { address: ready.slice("READY ".length), lines: output.lines, line, stop, [Symbol.asyncDispose]: stop };
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended by itself
  }
}

/** The lines of a program's output as they come. */
class Lines {
  readonly lines: string[] = [];
  /** Resolves when the output has ended. */
  readonly ended: Promise<void>;
  #more = Promise.withResolvers<void>();
  #open = true;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.ended = this.#read(stream).finally(() => {
      this.#open = false;
      this.#more.resolve();
    });
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      this.lines.push(...parts);
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    }
  }

  /** The first line that holds `part`; undefined if there is none within 10 seconds or up to the end. */
  async find(part: string): Promise<string | undefined> {
    const late = Promise.withResolvers<void>();
    let waiting = true;
    const timer = setTimeout(() => {
      waiting = false;
      late.resolve();
    }, 10_000);
    try {
      while (true) {
        const line = this.lines.find((line) => line.includes(part));
        if (line !== undefined || !waiting || !this.#open) return line;
        await Promise.race([this.#more.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
