import { fileURLToPath } from "node:url";

/** A Deno program that runs beside the test: it is spoken to by lines, and ends with its stdin. */
export interface Child extends AsyncDisposable {
  /** Its process. */
  readonly pid: number;
  /** Whether it runs. */
  readonly alive: boolean;
  /** The code that it ends with. */
  readonly code: Promise<number>;
  /** What it wrote on stderr, the end of it. */
  readonly log: string;
  /** How much memory it has at present, in MiB; 0 where there is no /proc. */
  readonly residentMegabytes: number;
  /**
   * The next line on stdout that nobody has taken.
   *
   * @throws {Error} If it ends before; the message holds its log.
   */
  line(): Promise<string>;
  /** Sends a line. */
  tell(line: string): Promise<void>;
  /** Says that there are no more lines, on which it is to end. Who reads its lines goes on until they end. */
  closeInput(): Promise<void>;
  /**
   * As {@linkcode closeInput}, and waits for its end: 10 s, then it is killed. Lines that nobody has taken are dropped.
   */
  end(): Promise<void>;
  /** Kills it. */
  kill(): Promise<void>;
}

/**
 * Starts a Deno program.
 *
 * @param script Its file.
 * @param setup Its only argument, as JSON.
 * @param flags What it may do. All by default.
 * @param descriptors How many files and sockets it may have open. As many as this process by default.
 */
export function startChild(
  script: URL,
  setup: unknown,
  flags: readonly string[] = ["-A"],
  descriptors?: number,
): Child {
  const args = ["run", "--no-prompt", ...flags, "--v8-flags=--expose-gc", fileURLToPath(script), JSON.stringify(setup)];
  const limited = ["-c", 'ulimit -n "$0" && exec "$@"', `${descriptors}`, Deno.execPath(), ...args];
  const process = new Deno.Command(descriptors === undefined ? Deno.execPath() : "sh", {
    args: descriptors === undefined ? args : limited,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let alive = true;
  let log = "";
  const status = process.status.finally(() => alive = false);
  const logged = (async () => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) log = (log + text).slice(-100_000);
  })();
  const lines = linesOf(process.stdout);
  const stdin = process.stdin.getWriter();
  const child: Child = {
    pid: process.pid,
    code: status.then(({ code }) => code),
    get alive() {
      return alive;
    },
    get log() {
      return log;
    },
    get residentMegabytes() {
      try {
        const kilobytes = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${process.pid}/status`))?.[1];
        return Math.round(Number(kilobytes ?? 0) / 1024);
      } catch {
        return 0;
      }
    },
    async line() {
      const { value, done } = await lines.next();
      if (!done) return value;
      throw new Error(`${fileURLToPath(script)} ended with code ${(await status).code}: ${log}`);
    },
    tell: (line) => stdin.write(new TextEncoder().encode(`${line}\n`)),
    closeInput: () => stdin.close().catch(() => {}),
    async end() {
      await child.closeInput();
      const timer = setTimeout(() => alive && process.kill("SIGKILL"), 10_000);
      // What it still says must be taken, or it waits for that.
      while (!(await lines.next()).done);
      await Promise.all([status, logged]);
      clearTimeout(timer);
    },
    async kill() {
      if (alive) process.kill("SIGKILL");
      await child.end();
    },
    [Symbol.asyncDispose]: () => child.end(),
  };
  return child;
}

/** The lines of a stream as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
