import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { blocksOf, importable } from "./book.ts";
import { needs } from "./needs.ts";
import { must, runProgram } from "./program.ts";

const ROOT = new URL("..", import.meta.url);

/** Imports for the fragments that have none. */
const PRELUDE = `import {
  clientPolicyFrom, configure, consul, createClient, createServer, loadConfig, serverPolicyFrom,
} from "@dinokit/dinokit";
import { EchoService } from "../proto/echo.ts";
`;

/** All documents that people read; the book's pages in Chinese have the blocks of those in English. */
function documents(): string[] {
  const pages = (folder: string) =>
    [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => folder + name).filter((name) =>
      name.endsWith(".md")
    );
  const book = pages("docs/book/").filter((name) => !name.endsWith(".zh-CN.md"));
  return [...pages("./"), ...pages("docs/"), ...pages("docs/adr/"), ...book];
}

/** The TypeScript of a page. What becomes a file is part of a project, where the page says `deno task check`. */
const snippetsOf = (name: string) =>
  blocksOf(Deno.readTextFileSync(new URL(name, ROOT))).filter(({ language, words }) =>
    language === "ts" && !words.includes("file=")
  );

/** Generates the TypeScript of the .proto files that a page makes beside its programs. */
async function generate(name: string, folder: string): Promise<void> {
  for (const { language, words, text } of blocksOf(Deno.readTextFileSync(new URL(name, ROOT)))) {
    const [, file] = /^file=(\w+\.proto)$/.exec(words) ?? [];
    if (language !== "proto" || file === undefined) continue;
    await Deno.writeTextFile(`${folder}/${file}`, text);
    const cli = fileURLToPath(new URL("cli/main.ts", ROOT));
    const args = ["run", "-A", "--config", fileURLToPath(new URL("deno.json", ROOT)), cli, "gen", `${folder}/${file}`];
    await must({ path: Deno.execPath(), args }, `${name} is to have a .proto that can be read`);
  }
}

needs(
  [{ name: "read" }, { name: "write" }, { name: "run" }],
  "the TypeScript of all documents has its types",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "dinokit_docs_" });
    try {
      const files: string[] = [];
      for (const name of documents()) {
        await generate(name, folder);
        for (const [index, { text }] of snippetsOf(name).entries()) {
          const code = /^import /m.test(text) ? text : PRELUDE + text;
          const file = `${folder}/${name.replaceAll("/", "_")}_${index}.ts`;
          await Deno.writeTextFile(file, `${importable(code)}\nexport {};\n`);
          files.push(file);
        }
      }
      assert(files.length > 20, `${files.length} blocks`);
      const args = ["check", "--config", fileURLToPath(new URL("deno.json", ROOT)), ...files];
      const { code, stderr } = await runProgram({ path: Deno.execPath(), args, env: { NO_COLOR: "1" } }, 60_000);
      assertEquals(code, 0, stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
