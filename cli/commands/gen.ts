import { collect, command } from "./command.ts";
import type { Command } from "../deps.ts";
import { sleep } from "../../base/wait.ts";
import { visible } from "../../base/visible.ts";
import { checkedAll, Failure } from "../output/failure.ts";
import { type GenOptions, ProtoGenerator } from "../generate/generator.ts";
import { tell } from "../output/terminal.ts";

/** Creates the command `dinokit gen`. */
export function genCommand(): Command {
  return command("gen", {
    summary: "TypeScript for .proto files, and for those that they import",
    description:
      "Files that stay the same are not written. Ends with 1 if a .proto has a mistake or, with --check, a file is stale.",
    examples: [
      ["dinokit gen", "proto/x.ts for each proto/x.proto"],
      ["dinokit gen proto/echo.proto --out gen", "another file, into another folder"],
      ["dinokit gen --check", "whether all is up to date, as in CI"],
    ],
    permissions: [
      ["--allow-read", "the .proto files and the folders of imports"],
      ["--allow-write=DIR,...", "the folders that are written into; not with --check"],
      ["--allow-run=deno", "deno fmt"],
    ],
  })
    .argument("[path...]", ".proto files, and folders of them (proto)")
    .option("-I, --include <dir>", "where imports are looked for; repeatable (the folder of each file)", collect)
    .option("--out <dir>", "where x.ts is written for x.proto, in the folders of its name (beside each .proto)")
    .option(
      "--import <specifier>",
      "the kit, as generated code imports it; a path is one from here (this copy's mod.ts)",
    )
    .option("--check", "write nothing; fail if a file is not what would be written")
    .option("--watch", "go on, and write again when a .proto has changed")
    .action(async (paths: string[], flags: GenOptions) => {
      const code = await checkedAll(() => run({ ...flags, ...(paths.length > 0 && { files: paths }) }));
      if (code !== 0) throw new Failure("", undefined, code);
    });
}

/** Runs the command. @returns The exit code. */
export async function run(options: GenOptions): Promise<number> {
  if (options.watch && options.check) throw new TypeError("--watch writes and --check does not; leave one out");
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
