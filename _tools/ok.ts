/**
 * The gate: all that must hold before a commit. `deno task ok`
 *
 * @module
 */

const { exports } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));

/** The name of a step and the arguments of deno. The slow ones first. */
const STEPS: readonly (readonly [string, ...string[]])[] = [
  ["unit tests and doc examples", "test", "--doc", "--ignore=tests/interop,tests/conformance"],
  ["types", "check", "."],
  ["docs of the API", "doc", "--lint", ...Object.values<string>(exports)],
  ["publish", "publish", "--dry-run", "--allow-dirty"],
  ["generated code", "task", "gen", "--check"],
  ["the template of projects", "run", "--allow-read", "_tools/template_json.ts", "--check"],
  ["lint and the import rule", "lint"],
  ["circles, lines, phrases, units", "run", "--allow-read", "--allow-run=git", "_tools/house.ts"],
  ["format", "fmt", "--check"],
];

/** The most lines of a file of the library, without a reason to have more. */
const MOST_LINES = 250;

async function passes([name, ...args]: readonly [string, ...string[]]): Promise<boolean> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const counts = /^ok \| (\d+ passed.*?)(?: \([^()]*\))?$/m.exec(text)?.[1];
  console.log(`${success ? "ok    " : "FAILED"} ${name} (${seconds} s)${counts ? `: ${counts}` : ""}`);
  if (!success) console.log(text);
  return success;
}

/** Names the long files of the library: a thing to know, not a failure. */
async function noteLongFiles(): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", ":!tests", ":!proto", ":!*_test.ts"],
    cwd: new URL("..", import.meta.url),
  }).output();
  for (const file of new TextDecoder().decode(stdout).split("\n").filter(Boolean)) {
    const text = await Deno.readTextFile(new URL(`../${file}`, import.meta.url)).catch(() => ""); // just deleted
    const lines = text.split("\n").length - 1;
    if (lines > MOST_LINES) console.log(`note   ${file} has ${lines} lines`);
  }
}

const failed: string[] = [];
const queue = [...STEPS];
// Two at a time, as the smallest machines have two cores.
await Promise.all([1, 2].map(async () => {
  for (let step = queue.shift(); step; step = queue.shift()) if (!await passes(step)) failed.push(step[0]);
}));
await noteLongFiles();
if (failed.length > 0) {
  console.error(`not ok: ${failed.join(", ")}`);
  Deno.exit(1);
}
