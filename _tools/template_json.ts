/**
 * Writes `cli/new/template.json`, the files of the template project line by line: Deno below 2.8 imports no text.
 * `deno run -A _tools/template_json.ts`; with --check it only says whether the file is stale.
 *
 * @module
 */

const TEMPLATE = new URL("../cli/new/template/", import.meta.url);
const JSON_FILE = new URL("../cli/new/template.json", import.meta.url);
/** What `dinokit new` makes of the user's .proto itself. It is there to check and test the rest. */
const MADE = /^idl\/|^handlers\/mod\.ts$/;

function* pathsIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, TEMPLATE))) {
    if (isDirectory) yield* pathsIn(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

const paths = [...pathsIn("")].filter((path) => !MADE.test(path)).sort();
const lines = (path: string) => Deno.readTextFileSync(new URL(path, TEMPLATE)).split("\n");
const json = JSON.stringify(Object.fromEntries(paths.map((path) => [path, lines(path)])), null, 2) + "\n";

if (!Deno.args.includes("--check")) {
  Deno.writeTextFileSync(JSON_FILE, json);
} else if (Deno.readTextFileSync(JSON_FILE) !== json) {
  console.error("cli/new/template.json is stale; write it with: deno run -A _tools/template_json.ts");
  Deno.exit(1);
}
