/**
 * The library on the oldest Deno that it supports; all other tests run on the newest. Deno comes from npm.
 * `deno test -P=test tests/deno_versions.ts`
 *
 * @module
 */

import { assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import denoJson from "../deno.json" with { type: "json" };
import { cached } from "./cache.ts";
import { movePorts, workshop } from "./new_project.ts";
import { must, runProgram, startProgram } from "./program.ts";

/** The last long-term support version of Deno, and the first one with permission sets. */
const OLDEST = "2.5.7";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Deno 2.5 trusts other authorities than the system's, from which it may have to download packages. */
const ENV = { NO_COLOR: "1", DENO_TLS_CA_STORE: "mozilla,system" };

/** Tests that need no permission. Those of TLS are not among them: TLS needs Deno 2.8. */
const IN_MEMORY = [
  ...["base", "rpc", "codec", "codegen", "policy", "config", "testing", "mod_test.ts", "transport/http2"],
  ...["client/balancing", "client/call/attempts", "client/call/breaker_test.ts", "client/call/resilience_test.ts"],
  ...["server/admission", "server/health"],
];

const folder = await cached("deno", OLDEST, async (draft) => {
  const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"];
  const remedy = "it needs npm and its registry";
  await must({ path: "npm", args: ["install", ...quiet, "--prefix", draft, `deno@${OLDEST}`] }, remedy);
  await Deno.chmod(binaryIn(draft), 0o755);
});
const deno = binaryIn(folder);

/** Finds the binary in the package of this platform. npm may block the script that copies it from there. */
function binaryIn(folder: string): string {
  const packages = `${folder}/node_modules/@deno`;
  return `${packages}/${[...Deno.readDirSync(packages)][0]!.name}/deno`;
}

/** Runs the old Deno, which must succeed. Returns what it printed. */
async function run(args: readonly string[], cwd = ROOT): Promise<string> {
  const { code, stdout, stderr } = await runProgram({ path: deno, args, cwd, env: ENV }, 90_000);
  if (code !== 0) throw new Error(`deno ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
  return stdout + stderr;
}

Deno.test(`Deno ${OLDEST} runs the demo`, async () => {
  assertStringIncludes(await run(["--version"]), `deno ${OLDEST} (long term support`);
  assertStringIncludes(await run(["task", "demo"]), 'reply { resp: "hello, world" }');
});

Deno.test(`the READMEs name Deno ${OLDEST}`, async () => {
  for (const name of ["README.md", "README.zh-CN.md"]) {
    assertStringIncludes(await Deno.readTextFile(ROOT + name), OLDEST);
  }
});

Deno.test(`Deno ${OLDEST} accepts the types of each entry`, async () => {
  await run(["check", ...Object.values(denoJson.exports)]);
});

Deno.test(`Deno ${OLDEST} passes the tests in memory`, async () => {
  // Deno below 2.8 rejects the field "test" of deno.json: it has no such options, and always sanitizes.
  const { test: _, ...config } = denoJson;
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify(config));
    const flags = ["--no-check", "--no-lock", "--parallel", "--config", path];
    assertMatch(await run(["test", ...flags, ...IN_MEMORY]), /ok \| \d{3,} passed \| 0 failed/);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test(`Deno ${OLDEST} makes a project, tests it, serves it and calls it`, async () => {
  const proto = await Deno.readTextFile(`${ROOT}proto/echo.proto`);
  await using shop = workshop({ "echo.proto": proto }, deno);
  const project = `${shop.path}/hello`;
  await shop.make("hello", "--idl", "echo.proto");
  assertStringIncludes(await run(["task", "test"], project), "ok | 1 passed | 0 failed");
  await run(["task", "check"], project);
  movePorts(shop, ["hello"]);
  await using _server = await startProgram(
    { path: deno, args: ["task", "serve"], cwd: project, env: ENV },
    'address="127.0.0.1:',
  );
  assertStringIncludes(await run(["task", "client"], project), "Echo UNIMPLEMENTED: ");
});
