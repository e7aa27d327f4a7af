import { assertEquals, assertMatch } from "@std/assert";
import { CONSUL_PERMISSIONS } from "./consul.ts";
import { needs } from "./needs.ts";
import { TROUBLES } from "./troubles.ts";

const PAGE = new URL("../docs/book/troubleshooting.md", import.meta.url);

/** A heading, where `...` stands for anything in the line. */
const form = (heading: string) =>
  new RegExp(heading.split("...").map((part) => part.replaceAll(/[^\w\s]/g, "\\$&")).join(".+"));

needs(CONSUL_PERMISSIONS, "every text that troubleshooting.md explains is a text of the kit", async (t) => {
  const headings = [...Deno.readTextFileSync(PAGE).matchAll(/^### `(.*)`$/gm)].map(([, heading]) => heading!);
  assertEquals(headings, Object.keys(TROUBLES));
  for (const [heading, make] of Object.entries(TROUBLES)) {
    await t.step(heading, async () => assertMatch(await make(), form(heading)));
  }
});
