import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import http2 from "node:http2";
import { createClient, RpcError, VERSION } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { needs } from "./needs.ts";

const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];
const text = (name: string) => Deno.readTextFileSync(new URL(`../${name}`, import.meta.url));
const SEMANTIC = /^(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?$/;

Deno.test("VERSION is a semantic version", () => assertMatch(VERSION, SEMANTIC));

needs(READ, "deno.json has the same version, a name, a license, and only entries that are there", () => {
  const { version, name, license, exports } = JSON.parse(text("deno.json"));
  assertEquals(version, VERSION);
  assertMatch(name, /^@[a-z0-9-]+\/[a-z0-9-]+$/);
  assertEquals([license, text("LICENSE").includes("MIT License")], ["MIT", true]);
  assertEquals(exports["."], "./mod.ts");
  for (const path of Object.values<string>(exports)) assertMatch(text(path), /^\/\*\*[^]*?@module\n \*\//, path);
});

needs([{ name: "net", host: "127.0.0.1" }], "clients call themselves by the version", async () => {
  const { promise: agent, resolve } = Promise.withResolvers<unknown>();
  const server = http2.createServer().on("stream", (stream: http2.ServerHttp2Stream, headers) => {
    resolve(headers["user-agent"]);
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "12" }, { endStream: true });
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  {
    const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
    await using client = createClient(EchoService, { address });
    await assertRejects(() => client.echo({ mes: "" }), RpcError, "UNIMPLEMENTED");
  }
  await new Promise((done) => server.close(done));
  assertEquals(await agent, `grpc-dinokit/${VERSION}`);
});

/** What is wrong with a changelog, by the rules of Keep a Changelog 1.1.0. */
function problems(changelog: string): string[] {
  const found: string[] = [];
  const lines = changelog.split("\n");
  if (lines[0] !== "# Changelog") found.push("the first line is not # Changelog");
  const sections = lines.filter((line) => line.startsWith("## "));
  if (sections[0] !== "## [Unreleased]") found.push("the first section is not ## [Unreleased]");
  const releases = sections.slice(1).map((line) => /^## \[([^\]]+)\] - (\d{4}-\d{2}-\d{2})$/.exec(line) ?? line);
  let last: { order: number[]; date: string } | undefined;
  for (const release of releases) {
    if (typeof release === "string" || !SEMANTIC.test(release[1]!) || isNaN(Date.parse(release[2]!))) {
      found.push(`${release}: not ## [1.2.3] - YYYY-MM-DD`);
      continue;
    }
    const now = { order: SEMANTIC.exec(release[1]!)!.slice(1, 4).map(Number), date: release[2]! };
    const older = last === undefined || compare(now.order, last.order) < 0 && now.date <= last.date;
    if (!older) found.push(`${release[0]}: the newest comes first`);
    last = now;
  }
  const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  for (const line of lines.filter((line) => line.startsWith("### "))) {
    if (!kinds.includes(line.slice(4))) found.push(`${line}: not one of ${kinds.join(", ")}`);
  }
  const orphan = changelog.split(/^## .*$/m).slice(1).some((section) => /^- /m.test(section.split(/^### /m)[0]!));
  if (orphan) found.push("an entry stands under no kind of change");
  return found;
}

const compare = (a: number[], b: number[]) => a.map((one, i) => one - b[i]!).find((one) => one !== 0) ?? 0;

needs(READ, "the changelog keeps its form, and knows the version unless that is to come", () => {
  const changelog = text("CHANGELOG.md");
  assertEquals(problems(changelog), []);
  const newest = /^## \[(\d[^\]]*)\]/m.exec(changelog)?.[1];
  const of = (version: string) => SEMANTIC.exec(version)!.slice(1, 4).map(Number);
  assert(newest === undefined || compare(of(VERSION), of(newest)) >= 0, `${newest} is newer than ${VERSION}`);
});

Deno.test("problems of a malformed changelog are reported", () => {
  const good = "# Changelog\n\n## [Unreleased]\n\n### Added\n- a\n\n## [0.2.0] - 2026-02-01\n### Fixed\n- b\n";
  assertEquals(problems(good), []);
  const bad: [string, string, string][] = [
    ["# Changelog", "# Changes", "the first line"],
    ["[Unreleased]", "Unreleased", "the first section"],
    ["[0.2.0] - 2026-02-01", "0.2.0 (soon)", "## 0.2.0 (soon): not"],
    ["2026-02-01", "2026-13-01", "not ## [1.2.3]"],
    ["### Fixed", "### Fixes", "### Fixes: not one of"],
    ["### Fixed\n", "", "an entry stands under no kind"],
    ["- b\n", "- b\n## [0.10.0] - 2026-01-01\n", "the newest comes first"],
  ];
  for (const [from, to, message] of bad) {
    const found = problems(good.replace(from, to));
    assert(found.length === 1 && found[0]!.includes(message), `${to}: ${found}`);
  }
});

needs(READ, "the documents pin the version that there is", () => {
  const pinned = ["README.md", "README.zh-CN.md", "docs/book/import-by-url.md"]
    .flatMap((name) => [...text(name).matchAll(/dinokit@(\d[\w.-]*)\//g)].map(([, version]) => `${name}: ${version}`));
  assert(pinned.length > 3);
  assertEquals(pinned.filter((one) => !one.endsWith(`: ${VERSION}`)), []);
});
