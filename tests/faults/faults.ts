/**
 * The tests of this folder in their long forms, and what they measured as the table of docs/reliability.md: `deno task
 * faults`. Further arguments go to `deno test`, such as `tests/faults/slow_test.ts`.
 *
 * @module
 */

import { linesOf } from "../child.ts";

const files = Deno.args.length > 0 ? Deno.args : ["tests/faults"];
const tests = new Deno.Command(Deno.execPath(), {
  args: ["test", "-P=test", ...files],
  cwd: new URL("../..", import.meta.url),
  env: { FAULTS_LONG: "1", NO_COLOR: "1" },
  stdin: "null",
  stdout: "piped",
}).spawn();
const rows: string[] = [];
for await (const line of linesOf(tests.stdout)) {
  console.log(line);
  if (line.startsWith("FIGURE ")) rows.push(line.slice("FIGURE ".length));
}
const cpu = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo").catch(() => ""))?.[1] ??
  "unknown CPU";
const where = `${navigator.hardwareConcurrency} cores of ${cpu}, Deno ${Deno.version.deno}`;
console.log(
  [
    `\nMeasured on ${new Date().toISOString().slice(0, 10)}, ${where}\n`,
    "| fault | measured |",
    "| --- | --- |",
    ...rows,
  ].join("\n"),
);
Deno.exit((await tests.status).code);
