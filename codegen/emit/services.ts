import type { ServiceJson } from "../../codec/descriptor/json_types.ts";
import { localName, LocalNames } from "../../codec/typescript_names.ts";
import type { LoadedFile } from "../load/load.ts";
import { typeNames } from "./names.ts";
import { childrenOf } from "../parse/outline.ts";

/** A service that a .proto file declares. */
export interface DeclaredService {
  /** Its name in TypeScript. */
  readonly name: string;
  /** Its full name in protobuf. */
  readonly fullName: string;
  readonly methods: readonly DeclaredMethod[];
}

/** One method of it. */
export interface DeclaredMethod {
  /** Its name in the .proto. */
  readonly name: string;
  /** Its name in TypeScript. */
  readonly local: string;
  readonly kind: (typeof KINDS)[number][number];
}

const KINDS = [["unary", "server_streaming"], ["client_streaming", "bidi"]] as const;

/** The services of a file, in its order. */
export function servicesOf(file: LoadedFile): DeclaredService[] {
  const names = typeNames(file);
  return childrenOf(file.outline, "service").map(({ fullName }, i) => ({
    name: names.get(fullName)!,
    fullName,
    methods: methodsOf(file.descriptor.service![i]!),
  }));
}

/** The methods of a service. */
export function methodsOf({ method = [] }: ServiceJson): DeclaredMethod[] {
  const locals = new LocalNames();
  return method.map(({ name, clientStreaming, serverStreaming }) => ({
    name,
    local: locals.give(localName(name)),
    kind: KINDS[clientStreaming ? 1 : 0][serverStreaming ? 1 : 0],
  }));
}
