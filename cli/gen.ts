/**
 * Writes TypeScript for .proto files: `deno task gen --help`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { dirname, join, relative, resolve } from "node:path";
import { emitFile } from "../codegen/emit.ts";
import { loadProto } from "../codegen/load.ts";
import { ProtoProblem } from "../codegen/problem.ts";

const HELP = `Writes TypeScript for .proto files: x.ts beside each x.proto.

  deno task gen [--check] [-I DIR]... [--import SPECIFIER] [FILE.proto]...

  --check             write nothing; fail if a generated file is not what would be written
  -I DIR              where imports are looked for           (the folder of each file)
  --import SPECIFIER  the kit, as generated code imports it  (the path to this copy's mod.ts)

Without files: every .proto file in proto/, cli/new/template/idl/, tests/proto/, tests/conformance/proto/ and bench/.

  deno task gen
  deno task gen proto/user.proto -I third_party`;

/** The health service is part of the kit itself, which mod.ts imports: it must not import mod.ts. */
const OWN_CODEC = ["proto/grpc/health/v1/health.proto"];

/** Where this project has its .proto files. */
const OWN_FOLDERS = ["proto", "cli/new/template/idl", "tests/proto", "tests/conformance/proto", "bench"];

async function main(args: string[]): Promise<number> {
  const { values: flags, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      check: { type: "boolean" },
      "import": { type: "string" },
      include: { type: "string", short: "I", multiple: true, default: [] },
      help: { type: "boolean", short: "h" },
    },
  });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const files = positionals.length > 0
    ? positionals.map((file) => [file, ...flags.include!])
    : OWN_FOLDERS.flatMap((folder) => [...findProtos(folder)].map((file) => [file, folder]));
  let stale = 0;
  for (const [file, ...include] of files as [string, ...string[]][]) {
    const out = file.replace(/\.proto$/, ".ts");
    if (out === file) throw new TypeError(`${file}: not a .proto file`);
    const text = await generate(file, out, include, flags.import);
    if (text === readText(out)) continue;
    if (flags.check) {
      console.error(`${out} is stale: run deno task gen`);
      stale++;
    } else {
      Deno.writeTextFileSync(out, text);
      console.log(`wrote ${out}`);
    }
  }
  return stale === 0 ? 0 : 1;
}

async function generate(file: string, out: string, include: string[], kit: string | undefined): Promise<string> {
  const folders = [dirname(file), ...include];
  const find = (name: string) =>
    folders.map((folder) => join(folder, name)).find((path) => readText(path) !== undefined);
  const name = nameOf(file, include);
  const own = new URL(OWN_CODEC.includes(relative(".", file)) ? "../codec/mod.ts" : "../mod.ts", import.meta.url);
  let text: string;
  try {
    const files = loadProto(name, (one) => {
      const path = find(one);
      return path && readText(path);
    });
    text = emitFile(name, files, {
      kit: kit ?? (own.protocol === "file:" ? specifier(out, own.pathname) : own.href),
      specifier: (proto) => specifier(out, find(proto)!.replace(/\.proto$/, ".ts")),
    });
  } catch (error) {
    if (!(error instanceof ProtoProblem)) throw error;
    throw new ProtoProblem(error.file === name ? file : find(error.file) ?? error.file, error.line, error.text);
  }
  return await format(text);
}

/** A file's name as others would import it: from the folder of imports that it is in, or else its own. */
function nameOf(file: string, include: string[]): string {
  const names = [...include, dirname(file)].map((folder) => relative(folder, file).replaceAll("\\", "/"));
  return names.find((name) => !name.startsWith("../"))!;
}

function specifier(from: string, to: string): string {
  const path = relative(dirname(resolve(from)), resolve(to)).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** Formats as `deno fmt` does in this project. */
async function format(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--line-width", "120", "--ext", "ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function* findProtos(folder: string): Generator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch {
    return;
  }
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* findProtos(path);
    else if (entry.name.endsWith(".proto")) yield path;
  }
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof ProtoProblem || error instanceof TypeError || error instanceof Deno.errors.NotCapable)) {
    throw error;
  }
  console.error(error.message);
  Deno.exit(1);
}
