/**
 * Writes the help of each command into docs/cli.md, between its marks: `deno run -A _tools/cli_docs.ts`
 *
 * @module
 */

import { helpOf } from "../cli/main.ts";

/** The page that holds them. */
export const PAGE: URL = new URL("../docs/cli.md", import.meta.url);

const BLOCK = /(<!-- help: (\w*) -->\n\n```text\n)[^]*?(```)/g;

/** The page with every help as it is. */
export const withHelp = (page: string): string =>
  page.replace(BLOCK, (_, head: string, name: string, tail: string) => `${head}${helpOf(name)}${tail}`);

if (import.meta.main) await Deno.writeTextFile(PAGE, withHelp(await Deno.readTextFile(PAGE)));
