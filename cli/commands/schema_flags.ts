import type { CallOptions } from "../../mod.ts";
import { collect } from "./command.ts";
import type { Command } from "../deps.ts";
import { EXIT, Failure } from "../output/failure.ts";
import { checkFolders } from "../files.ts";
import { type Schema, schemaFromFiles, schemaFromServer } from "../schema/schema.ts";
import { reach, type TargetFlags } from "./target.ts";

/** The flags that select the source of the schema. */
export interface SchemaFlags {
  readonly proto?: readonly string[];
  readonly include?: readonly string[];
}

/** Adds the flags of {@linkcode SchemaFlags}. */
export const withSchema = (command: Command): Command =>
  command
    .option(
      "--proto <file>",
      "a .proto file with the service, instead of the server's reflection; repeatable",
      collect,
    )
    .option("-I, --include <dir>", "a folder with imports of .proto files; repeatable", collect);

/** Creates the schema that the flags select: from .proto files, or from the server. */
export function schemaOf(target: string | undefined, flags: SchemaFlags & TargetFlags, call: CallOptions = {}): Schema {
  if (flags.proto) {
    checkFolders(flags.include);
    return schemaFromFiles(flags.proto, flags.include);
  }
  if (target === undefined) {
    throw new Failure(
      "who is to tell what there is?",
      "give a server such as 127.0.0.1:8888, or --proto FILE.proto",
      EXIT.usage,
    );
  }
  return schemaFromServer(reach(target, flags), call);
}
