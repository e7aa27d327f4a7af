import { protobuf } from "../deps.ts";
import type { LoadedFile } from "./load.ts";

/**
 * Writes a type's full name where protobufjs would find another one: it looks at the root and into inner scopes before it looks
 * outwards. https://github.com/protobufjs/protobuf.js/blob/master/src/namespace.js (lookup)
 *
 * @param file Where the names stand; its reflection is changed.
 * @param root The reflection of the file and all that it imports, which is changed as well; not resolved yet.
 */
export function pin({ own, references }: LoadedFile, root: protobuf.Root): void {
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
        one.fields[protobuf.util.camelCase(from.name.text)]!.type = `.${fullName}`;
      }
    }
  }
}
