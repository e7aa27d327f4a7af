import { assertEquals } from "@std/assert";
import { PAGE, withHelp } from "../../_tools/cli_docs.ts";
import { dinokit } from "../../cli/main.ts";
import { needs } from "../needs.ts";

needs([{ name: "read" }], "docs/cli.md holds the help of every command as it is", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(page, withHelp(page), "run: deno run -A _tools/cli_docs.ts");
  const shown = [...page.matchAll(/<!-- help: (\w+) -->/g)].map(([, name]) => name);
  assertEquals(shown.sort(), dinokit().commands.map((one) => one.name()).sort());
});
