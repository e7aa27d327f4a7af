import { assertEquals, assertMatch } from "@std/assert";
import { PAGE, withPicture } from "../_tools/architecture_picture.ts";
import { needs } from "./needs.ts";

needs(
  [{ name: "read" }, { name: "run" }],
  "docs/architecture.md shows which part imports which, as it is",
  async () => {
    const page = await Deno.readTextFile(PAGE);
    assertEquals(page, await withPicture(page), "run: deno run -A _tools/architecture_picture.ts");
    assertMatch(page, /server --> transport\n/);
  },
);
