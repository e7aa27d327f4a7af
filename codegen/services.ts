import { localName } from "../codec/local_name.ts";
import { protobuf } from "../deps.ts";
import type { LoadedFile } from "./load.ts";
import { declared, typeName } from "./names.ts";

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
export function servicesOf({ own }: LoadedFile): DeclaredService[] {
  return [...declared(own)].filter((one) => one instanceof protobuf.Service).map((service) => ({
    name: typeName(service),
    fullName: service.fullName.slice(1),
    methods: service.methodsArray.map(({ name, requestStream, responseStream }) => ({
      name,
      local: localName(name),
      kind: KINDS[requestStream ? 1 : 0][responseStream ? 1 : 0],
    })),
  }));
}
