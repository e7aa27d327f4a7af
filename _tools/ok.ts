/**
 * The gate: all that must hold before a commit. `deno task ok`
 *
 * @module
 */

/** The name of a step and the arguments of deno. */
const STEPS: readonly (readonly [string, ...string[]])[] = [
  ["format", "fmt", "--check"],
  ["lint", "lint"],
  ["types", "check", "."],
  ["docs of the API", "doc", "--lint", "mod.ts"],
  ["import rule", "run", "-A", "_tools/check_imports.ts"],
  ["generated code", "run", "-A", "cli/gen.ts", "--check"],
  ["publish", "publish", "--dry-run", "--allow-dirty"],
  ["unit tests", "test", "--parallel", "--ignore=tests/interop"],
  ["doc examples", "test", "--doc", "rpc", "server", "client", "mod.ts"],
];

async function step([name, ...args]: readonly [string, ...string[]]): Promise<boolean> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: new URL("..", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  console.log(`${success ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) console.log(text);
  // The summaries of tests, so that CI can add them up.
  else for (const line of text.split("\n")) if (/^ok \| \d+ passed/.test(line)) console.log(`       ${line}`);
  return success;
}

const failed: string[] = [];
// Two at a time, as the smallest machines have two cores.
const queue = [...STEPS];
await Promise.all([1, 2].map(async () => {
  for (let next = queue.shift(); next; next = queue.shift()) if (!await step(next)) failed.push(next[0]);
}));
if (failed.length > 0) {
  console.error(`not ok: ${failed.join(", ")}`);
  Deno.exit(1);
}
