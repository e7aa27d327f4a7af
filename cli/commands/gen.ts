import { collect, command } from "./command.ts";
import type { Command } from "../deps.ts";
import { sleep } from "../../base/wait.ts";
import { visible } from "../../base/text/visible.ts";
import { checkedAll, Failure } from "../output/failure.ts";
import { type GenOptions, ProtoGenerator } from "../generate/generator.ts";
import { tell } from "../output/terminal.ts";

/** Creates the command `dinokit gen`. */
export function genCommand(): Command {
  return command("gen", {
    summary: "Generates TypeScript for .proto files and their imports",
    description:
      "Unchanged files are not written. The exit code is 1 if a .proto has a mistake or, with --check, a file is " +
      "stale.",
    examples: [
      ["dinokit gen", "proto/x.ts for each proto/x.proto"],
      ["dinokit gen proto/echo.proto --out gen", "another file, into another folder"],
      ["dinokit gen --check", "checks that all files are up to date, as in CI"],
    ],
    permissions: [
      ["--allow-read", "the .proto files and the folders of imports"],
      ["--allow-write=DIR,...", "the output folders; not needed with --check"],
      ["--allow-run=deno", "deno fmt"],
    ],
  })
    .argument("[path...]", ".proto files or their folders (default: proto)")
    .option("-I, --include <dir>", "a folder with imports; repeatable (default: the folder of each file)", collect)
    .option("--out <dir>", "the root of the output, which keeps the folders of each .proto (default: beside it)")
    .option(
      "--import <specifier>",
      "the import of Dinokit in generated code; paths are relative to here (default: this copy's mod.ts)",
    )
    .option("--check", "write nothing; fail if a file is not up to date")
    .option("--watch", "keep running, and regenerate when a .proto changes")
    .action(async (paths: string[], flags: GenOptions) => {
      const code = await checkedAll(() => run({ ...flags, ...(paths.length > 0 && { files: paths }) }));
      if (code !== 0) throw new Failure("", undefined, code);
    });
}

/**
 * Runs the command.
 *
 * @returns The exit code.
 */
export async function run(options: GenOptions): Promise<number> {
  if (options.watch && options.check) {
    throw new TypeError("--watch writes files and --check does not; use only one of them");
  }
  const generator = new ProtoGenerator(options);
  let code = await once(generator);
  if (!options.watch) return code;
  for await (const _ of changes(() => generator.folders())) {
    const before = code;
    code = await once(generator);
    if (before !== 0 && code === 0) console.error("no mistakes any more");
  }
  return code;
}

async function once(generator: ProtoGenerator): Promise<number> {
  let code = 0;
  for await (const { kind, text } of generator.run()) {
    if (kind === "wrote") console.log(visible(text));
    else tell(text);
    if (kind === "problem") code = 1;
  }
  return code;
}

/** Yields whenever .proto files have changed. Changes during a turn of the consumer are not lost. */
async function* changes(folders: () => string[]): AsyncGenerator<void> {
  let watched = folders();
  let watcher = Deno.watchFs(watched);
  console.error("watching; end with Ctrl+C");
  while (true) {
    while (true) {
      const { kind, paths } = (await watcher[Symbol.asyncIterator]().next()).value as Deno.FsEvent;
      if (kind !== "access" && paths.some((path) => path.endsWith(".proto"))) break;
    }
    // Waits a moment, because editors write a file in several steps.
    await sleep(50);
    yield;
    if (folders().join() === watched.join()) continue;
    watcher.close();
    watcher = Deno.watchFs(watched = folders());
  }
}
