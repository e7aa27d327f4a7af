/**
 * Writes TypeScript for .proto files: `deno task gen --help`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ProtoProblem } from "../codegen/problem.ts";
import { ProtoGenerator } from "./generate.ts";

/** What `dinokit gen` takes. */
export interface GenOptions {
  /** .proto files, and folders of them. Default: `proto` */
  files?: string[];
  /** The folders where imports are looked for. */
  include?: string[];
  /** The folder to write into; beside each .proto if there is none. */
  out?: string;
  /** The kit, as generated code imports it. Default: this copy's mod.ts */
  import?: string;
  /** Writes nothing, and fails if a file is not what would be written. */
  check?: boolean;
  /** Goes on, and writes again when a file has changed. */
  watch?: boolean;
}

const HELP = `Writes TypeScript for .proto files, and for those that they import.

  deno task gen [--check] [--watch] [--out DIR] [-I DIR]... [--import SPECIFIER] [FILE.proto | FOLDER]...

  --out DIR           where x.ts is written for x.proto, in the folders of its name  (beside each .proto)
  -I DIR              where imports are looked for                                   (the folder of each file)
  --import SPECIFIER  the kit, as generated code imports it                          (the path or URL of this copy's mod.ts)
  --check             write nothing; fail if a generated file is not what would be written
  --watch             go on, and write again when a .proto has changed

Without files: every .proto in proto/. Files that stay the same are not written.
The exit code is 0 if all is well, 1 if a .proto has a mistake or a file is stale, 2 if the command itself is wrong.
Permissions: --allow-read, --allow-write for the folders written into, --allow-run=deno to format.

  deno task gen
  deno task gen idl/user.proto -I third_party --out gen --watch`;

/** Runs the command. @returns The exit code. */
export async function run(options: GenOptions): Promise<number> {
  const generator = new ProtoGenerator(options);
  const code = await once(generator);
  if (!options.watch) return code;
  for await (const _ of changes(() => generator.folders())) await once(generator);
  return code;
}

async function once(generator: ProtoGenerator): Promise<number> {
  let code = 0;
  for await (const { kind, text } of generator.run()) {
    if (kind === "wrote") console.log(text);
    else console.error(text);
    if (kind === "problem") code = 1;
  }
  return code;
}

/** Gives a turn whenever .proto files have changed. What changes during a turn is not lost. */
async function* changes(folders: () => string[]): AsyncGenerator<void> {
  let watched = folders();
  let watcher = Deno.watchFs(watched);
  while (true) {
    console.error("watching; end with Ctrl+C");
    while (true) {
      const { kind, paths } = (await watcher[Symbol.asyncIterator]().next()).value as Deno.FsEvent;
      if (kind !== "access" && paths.some((path) => path.endsWith(".proto"))) break;
    }
    // Editors write a file in several steps.
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield;
    if (folders().join() === watched.join()) continue;
    watcher.close();
    watcher = Deno.watchFs(watched = folders());
  }
}

function optionsOf(args: string[]): GenOptions | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      check: { type: "boolean" },
      watch: { type: "boolean" },
      out: { type: "string" },
      "import": { type: "string" },
      include: { type: "string", short: "I", multiple: true },
      help: { type: "boolean", short: "h" },
    },
  });
  return values.help ? undefined : { ...values, ...(positionals.length > 0 && { files: positionals }) };
}

if (import.meta.main) {
  try {
    const options = optionsOf(Deno.args);
    if (options === undefined) console.log(HELP);
    else Deno.exit(await run(options));
  } catch (error) {
    const known = error instanceof ProtoProblem || error instanceof Deno.errors.NotCapable;
    if (!known && !(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(known ? 1 : 2);
  }
}
