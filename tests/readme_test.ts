import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import { needs } from "./needs.ts";

const ROOT = new URL("..", import.meta.url);
const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];
const NAMES = ["README.md", "README.zh-CN.md"];

const text = (name: string) => Deno.readTextFileSync(new URL(name, ROOT));

/** The commands of the sh blocks: without their comments. */
function commands(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.split("\n")).map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
}

needs(READ, "every task that a README names is in deno.json", () => {
  const { tasks } = JSON.parse(text("deno.json"));
  for (const name of [...NAMES, "CONTRIBUTING.md"]) {
    const named = [...text(name).matchAll(/deno(?:@[\d.]+)? task ([\w:-]+)/g)].map(([, task]) => task!);
    assert(named.length > 0, `${name} names no task`);
    assertEquals(named.filter((task) => !(task in tasks)), [], name);
  }
});

needs(READ, "both READMEs have the same commands", () => {
  const [english, chinese] = NAMES.map((name) => commands(text(name)).filter((line) => !line.startsWith("git clone")));
  assert(english!.length > 5);
  assertEquals(chinese, english);
});

needs(READ, "both READMEs show the same code", () => {
  const code = (name: string) =>
    [...text(name).matchAll(/^```ts[^\n]*\n(.*?)^```$/gms)].map(([, block]) => block!.replaceAll(/\s*\/\/.*/g, ""));
  assertEquals(code(NAMES[1]!), code(NAMES[0]!));
});

needs(READ, "each supported feature in the feature table links to its test or document", () => {
  for (const name of ["docs/comparison.md", "docs/comparison.zh-CN.md"]) {
    const [table] = text(name).match(/^\| +\| Dinokit .*\n(?:\|.*\n)+/m)!;
    const cells = table.trim().split("\n").slice(2).map((row) => row.split("|")[2]!.trim());
    assert(cells.length > 10);
    assertEquals(cells.filter((cell) => !/\]\[[\w-]+\]/.test(cell)), [], name);
  }
});

needs(READ, "docs/limits.md has every limit with its default", () => {
  const unit: Record<string, number> = { KiB: 1024, MiB: 1024 ** 2, s: 1000 };
  const rows = [...text("docs/limits.md").matchAll(/^\| `(\w+)` +\| (?:(\d+)(?: (\w+))?|none) /gm)];
  const said = rows.map(([, name, value, of]) => [name, value ? Number(value) * (of ? unit[of]! : 1) : Infinity]);
  assertEquals(Object.fromEntries(said), DEFAULT_LIMITS);
});

needs(READ, "docs/architecture.md names files that are there", () => {
  const named = [...text("docs/architecture.md").matchAll(/(?:[\w]+\/)+\w+\.(?:ts|md)/g)].map(([path]) => path);
  assert(named.length > 20);
  for (const path of named.filter((path) => !path.startsWith("adr/"))) {
    Deno.statSync(
      new URL(path.replace(/^(?=grpc\/|http2\/)/, "transport/").replace(/^(?=attempts\/)/, "client/call/"), ROOT),
    );
  }
});

const RUN: Deno.PermissionDescriptor[] = [...READ, { name: "write" }, { name: "run" }];

async function output(program: string, args: string[], cwd: string | URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

needs(RUN, "both READMEs show the output of the demo, except for its ports", async () => {
  const masked = (text: string) => text.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:0");
  const printed = masked(await output(Deno.execPath(), ["task", "--quiet", "demo"], ROOT));
  for (const name of NAMES) {
    const [, transcript] = /^```\n(server .*?)^```$/ms.exec(text(name)) ?? [];
    assertEquals(masked(transcript!), printed, name);
  }
});

needs(RUN, "a service of one's own, outside the clone, passes its tests after the README's commands", async () => {
  const [, block] = /^```sh\n(mkdir [^`]* new [^`]*)^```$/ms.exec(text("README.md")) ?? [];
  const folder = await Deno.makeTempDir({ prefix: "dinokit_own_" });
  try {
    await Deno.symlink(ROOT, `${folder}/dinokit`, { type: "dir" });
    await Deno.mkdir(`${folder}/anywhere`);
    await output("sh", ["-ec", block!], `${folder}/anywhere`);
    await output(Deno.execPath(), ["check"], `${folder}/shop/echo-service`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
