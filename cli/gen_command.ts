import { collect, command } from "./command.ts";
import type { Command } from "./deps.ts";
import { checkedAll, Failure } from "./exit.ts";
import { type GenOptions, run } from "./gen.ts";

/** `dinokit gen` */
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
    .option("--import <specifier>", "the kit, as generated code imports it (this copy's mod.ts)")
    .option("--check", "write nothing; fail if a file is not what would be written")
    .option("--watch", "go on, and write again when a .proto has changed")
    .action(async (paths: string[], flags: GenOptions) => {
      const code = await checkedAll(() => run({ ...flags, ...(paths.length > 0 && { files: paths }) }));
      if (code !== 0) throw new Failure("", undefined, code);
    });
}
