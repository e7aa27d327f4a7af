/**
 * The command line as a process of its own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { linesOf } from "../child.ts";
import { until } from "../observe.ts";
import type { Outcome } from "../program.ts";

/** What a test that runs it needs. */
export const CLI_PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "env" },
  { name: "read" },
  { name: "write" },
];

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How it is run. */
export interface RunOptions {
  /**
   * What the environment has beside the test's own.
   * @default {none}
   */
  readonly env?: Record<string, string>;
  /**
   * What it may do.
   * @default {["-A"]}
   */
  readonly flags?: readonly string[];
  /**
   * What it gets on stdin.
   * @default {nothing}
   */
  readonly stdin?: string | Uint8Array;
}

const start = (args: readonly string[], { flags = ["-A"], env = {} }: RunOptions = {}) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, MAIN, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

/** Runs it to its end, which must come within 30 seconds. */
export async function dinokit(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = start(args, options);
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const writer = child.stdin.getWriter();
  const { stdin = "" } = options;
  const written = writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin)
    .then(() => writer.close());
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), written.catch(() => {})]);
  clearTimeout(timer);
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: err! };
}

/** Runs it until its first line is read: nobody takes the others, as with `| head -1`. */
export async function firstLine(args: readonly string[]): Promise<Outcome> {
  const child = start(args);
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const stderr = new Response(child.stderr).text();
  const lines = linesOf(child.stdout);
  const { value } = await lines.next();
  await lines.return();
  const { code } = await child.status;
  clearTimeout(timer);
  await child.stdin.close();
  return { code, stdout: value ?? "", stderr: await stderr };
}

/** The signals that a process catches, as bits. */
const caughtSignals = (pid: number) =>
  BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]}`);

/** One that runs beside the test. */
export interface Running extends AsyncDisposable {
  /**
   * The next line on stdout.
   *
   * @throws {Error} If it ends before, or none comes within 20 seconds.
   */
  line(): Promise<string>;
  /** Sends a line. */
  tell(line: string): Promise<void>;
  /** Resolves when Ctrl-C would no longer just end it. */
  catches(): Promise<void>;
  /**
   * As Ctrl-C does.
   *
   * @returns How it ended.
   */
  interrupt(): Promise<number>;
}

/** Starts it. It ends with the scope of `await using`. */
export function startDinokit(args: readonly string[]): Running {
  const child = start(args);
  let log = "";
  const logged = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) log += text;
  })();
  const lines = linesOf(child.stdout);
  const writer = child.stdin.getWriter();
  let alive = true;
  const status = child.status.finally(() => alive = false);
  return {
    async line() {
      const timer = setTimeout(() => alive && child.kill("SIGKILL"), 20_000);
      const { value, done } = await lines.next();
      clearTimeout(timer);
      if (!done) return value;
      throw new Error(`dinokit ${args.join(" ")} ended with code ${(await status).code}: ${log}`);
    },
    tell: (line) => writer.write(new TextEncoder().encode(`${line}\n`)),
    async catches() {
      await until(() => (caughtSignals(child.pid) & 2n) !== 0n, "it catches SIGINT");
    },
    async interrupt() {
      child.kill("SIGINT");
      return (await status).code;
    },
    async [Symbol.asyncDispose]() {
      if (alive) child.kill("SIGKILL");
      await writer.close().catch(() => {});
      while (!(await lines.next()).done);
      await Promise.all([status, logged]);
    },
  };
}
