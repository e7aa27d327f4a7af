/**
 * Runs the tests of all files, several at a time: `deno task test`. Its arguments name files or folders; without them,
 * all tests run that need no other programs but Consul. Arguments that begin with `-` go on to `deno test`.
 *
 * Each file of tests/ has a process of its own, and so has each folder of the library. What a process prints is printed
 * when it has ended.
 *
 * @module
 */

import { findConsul } from "./find_consul.ts";

const ROOT = new URL("..", import.meta.url);
/** How many processes run at a time: most tests wait for something. */
const LANES = 2 * Math.max(2, Math.min(4, navigator.hardwareConcurrency));
/** A process that takes longer is killed. */
const MAX_FILE_MS = 420_000;
/**
 * The assertion by which Deno 2.9.6 aborts a process, now and then, when grpc-js closes a connection:
 * https://github.com/denoland/deno/issues/36788. Such a process is run once more. To be removed with that issue.
 */
const ABORTED_BY_DENO = "nghttp2/lib/nghttp2_session.c";
/** Needs programs of others: `deno task test:interop` and `deno task test:conformance`. */
const OTHERS = ["tests/interop/", "tests/conformance/"];
/** What takes longest begins first. */
const LONGEST = [
  "tests/fresh_clone_test.ts",
  "tests/new_again_test.ts",
  "tests/hostile/evil_server_test.ts",
  "tests/guides_test.ts",
  "tests/new_test.ts",
];
/** Measures time, or the memory of a process: nothing runs beside these files. */
const ALONE = ["tests/cost/", "tests/faults/overload", "tests/faults/thousand", "tests/hostile/memory_test.ts"];

interface Result {
  readonly name: string;
  readonly success: boolean;
  /** Passed, failed and ignored tests. */
  readonly counts: readonly number[];
}

/** All test files, by path from the root: `"tests/cli/call_test.ts"`. */
async function* testFiles(folder: string = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (name.startsWith(".") || name === "node_modules" || name === "coverage") continue;
    if (isDirectory) yield* testFiles(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield folder + name;
  }
}

/** Puts files into processes: each file of tests/ into its own, the files of each other folder into one. */
function processesOf(files: readonly string[]): Map<string, string[]> {
  const processes = new Map<string, string[]>();
  for (const file of files) {
    const name = file.startsWith("tests/") ? file : file.replace(/\/.*/, "/");
    processes.set(name, [...processes.get(name) ?? [], file]);
  }
  return processes;
}

async function run(name: string, files: readonly string[], flags: readonly string[], again = true): Promise<Result> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-P=test", "--no-check", ...flags, ...files],
    cwd: ROOT,
    env: { NO_COLOR: "1" }, // the summary is read
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise: late, resolve: giveUp } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    giveUp(undefined);
  }, MAX_FILE_MS);
  // Processes that the tests have left may keep the output open.
  const output = await Promise.race([child.output(), late]);
  clearTimeout(timer);
  if (output === undefined) {
    console.log(`FAILED: ${name} was killed after ${MAX_FILE_MS / 1000} s\n`);
    return { name, success: false, counts: [0, 1, 0] };
  }
  const { success, stdout, stderr } = output;
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (again && !success && text.includes(ABORTED_BY_DENO) && !text.includes("... FAILED")) {
    console.log(`${text.trim()}\n${name} was aborted by Deno (denoland/deno#36788), and runs once more\n`);
    return await run(name, files, flags, false);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${text.trim()}\n${success ? "" : "FAILED: "}${name} (${seconds} s)\n`);
  const summary = /^(?:ok|FAILED) \| (.*)$/m.exec(text)?.[1] ?? "1 failed";
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  return { name, success, counts: [count("passed"), count("failed"), count("ignored")] };
}

/** Runs processes in lanes: each lane takes the next one when its last one has ended. */
async function runAll(
  processes: readonly (readonly [string, string[]])[],
  lanes: number,
  flags: readonly string[],
): Promise<Result[]> {
  const queue = [...processes];
  const results: Result[] = [];
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results.push(await run(...next, flags));
  }));
  return results;
}

const start = performance.now();
const flags = Deno.args.filter((arg) => arg.startsWith("-"));
const wanted = Deno.args.filter((arg) => !arg.startsWith("-")).map((arg) => arg.replace(/^\.\//, ""));
const isWanted = (file: string) =>
  wanted.length === 0
    ? !OTHERS.some((folder) => file.startsWith(folder))
    : wanted.some((name) => file.startsWith(name));
const files = (await Array.fromAsync(testFiles())).filter(isWanted).sort();
const unknown = wanted.filter((name) => !files.some((file) => file.startsWith(name)));
if (unknown.length > 0) {
  console.error(`no test file begins with ${unknown.join(", ")}; name files or folders from the root of the clone`);
  Deno.exit(1);
}
const rank = (name: string) => (LONGEST.indexOf(name) + LONGEST.length + 1) % (LONGEST.length + 1);
// Otherwise the processes would install it side by side.
if (files.some((file) => file.startsWith("tests/"))) await findConsul();
const processes = [...processesOf(files)].sort(([a], [b]) => rank(a) - rank(b));
const isAlone = ([name]: readonly [string, string[]]) => ALONE.some((prefix) => name.startsWith(prefix));
const results = [
  ...await runAll(processes.filter((process) => !isAlone(process)), LANES, flags),
  ...await runAll(processes.filter(isAlone), 1, flags),
];
const failed = results.filter(({ success }) => !success);
for (const { name } of failed) console.error(`failed: deno task test ${name}`);
const [passed, failures, ignored] = [0, 1, 2].map((i) => results.reduce((sum, { counts }) => sum + counts[i]!, 0));
const minutes = ((performance.now() - start) / 60_000).toFixed(1);
console.log(`${passed} passed, ${failures} failed, ${ignored} ignored in ${files.length} files (${minutes} minutes)`);
if (failed.length > 0 || files.length === 0) Deno.exit(1);
