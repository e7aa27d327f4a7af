import { assert, assertEquals } from "@std/assert";
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

needs(READ, "every file that a README links to is there", () => {
  for (const name of NAMES) {
    const links = [...text(name).matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link!);
    for (const link of links.filter((link) => !link.includes("://"))) Deno.statSync(new URL(link, ROOT));
  }
});
