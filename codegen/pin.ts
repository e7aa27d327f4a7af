import { fieldName } from "../codec/local_name.ts";
import { protobuf } from "../deps.ts";
import { isWellKnown, knownFile } from "./known.ts";
import type { LoadedFile } from "./load.ts";

/**
 * The reflection of a loaded file and all others. Names of types that protobufjs would take for others are written in full, here
 * and in the file's own reflection.
 */
export function pinned(file: LoadedFile, files: ReadonlyMap<string, LoadedFile>): protobuf.Root {
  const root = new protobuf.Root();
  const names = new Set([...files.values()].flatMap((one) => one.imports).filter(isWellKnown));
  for (const one of names) root.addJSON(knownFile(one)!.toJSON().nested!);
  for (const one of files.values()) root.addJSON(one.own.toJSON().nested ?? {});
  pin(file, root);
  return root;
}

/**
 * protobufjs looks for types at the root and in inner scopes before it looks outwards, as protoc does.
 * https://github.com/protobufjs/protobuf.js/blob/master/src/namespace.js (lookup)
 */
function pin({ own, references }: LoadedFile, root: protobuf.Root): void {
  for (const { from, part, fullName } of references) {
    let scope = from.parent!;
    while (scope.kind === "oneof") scope = scope.parent!;
    const here = root.lookup(`.${scope.fullName}`) as protobuf.Type | protobuf.Service;
    const wanted = [protobuf.Type, protobuf.Enum] as unknown as (new () => protobuf.ReflectionObject)[];
    if (here.lookup(from[part]!.text, wanted as never)?.fullName === `.${fullName}`) continue;
    for (const one of [here, own.lookup(`.${scope.fullName}`)]) {
      if (one instanceof protobuf.Service) {
        one.methods[from.name.text]![part === "output" ? "responseType" : "requestType"] = `.${fullName}`;
      } else if (one instanceof protobuf.Type) {
        one.fields[fieldName(from.name.text)]!.type = `.${fullName}`;
      }
    }
  }
}
