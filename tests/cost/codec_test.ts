import { assert, assertEquals } from "@std/assert";
import { startChild } from "../child.ts";
import { needs } from "../needs.ts";

const CHILD: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "env" }];

/** What a program here says, by lines. */
async function linesOf(script: string): Promise<string[]> {
  await using child = startChild(new URL(script, import.meta.url), {});
  const lines: string[] = [];
  for (let line; (line = await child.line()) !== "done";) lines.push(line);
  return lines;
}

needs(
  CHILD,
  "messages of every kind of field take time in proportion to their bytes, binary and JSON, both ways",
  async () => {
    assertEquals(await linesOf("linear.ts"), []);
  },
);

needs(
  CHILD,
  "the memory estimate of a message is not below its size on V8's heap, for every kind of field",
  async () => {
    const found = (await linesOf("estimates.ts")).map((line) => JSON.parse(line));
    assert(found.length > 100, `${found.length} kinds`);
    // What else V8 makes meanwhile is on the heap too.
    const noise = 256 * 1024;
    assertEquals(found.filter(({ taken, estimate }) => taken > estimate + noise), []);
  },
);
