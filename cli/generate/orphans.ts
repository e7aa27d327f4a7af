import { basename } from "node:path";
import { visible } from "../../base/text/visible.ts";
import { generatedFrom } from "../../codegen/marker.ts";
import { findFiles, isThere, readText } from "../files.ts";

/** Returns the generated TypeScript files whose .proto file no longer exists. */
export const orphans = (folder: string): string[] =>
  [...findFiles(folder, ".ts")].filter((path) => {
    const name = generatedFrom(readText(path)!);
    const proto = path.replace(/ts$/, "proto");
    return name !== undefined && basename(name) === basename(proto) && !isThere(proto);
  });

/** Returns the message about such a file. */
export const leftOver = (path: string): string => visible(`${path} is left over: its .proto is gone; delete it`);
