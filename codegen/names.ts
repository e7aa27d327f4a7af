import { protobuf } from "../deps.ts";

/** What no declaration in a module may be called. */
const RESERVED = new Set(
  ("any arguments as async await bigint boolean break case catch class const constructor continue debugger default delete do " +
    "else enum eval export extends false finally for function get globalThis if implements import in instanceof interface let " +
    "never new null number object of package private protected public return set static string super switch symbol this throw " +
    "true try type typeof undefined unknown var void while with yield").split(" "),
);

/** The global types that generated code uses. */
export const GLOBALS = ["Map", "Record", "Uint8Array"];

/** The types and services of a file. */
export function* declared(namespace: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  for (const one of namespace.nestedArray) {
    if ([protobuf.Type, protobuf.Enum, protobuf.Service].some((kind) => one instanceof kind)) yield one;
    if (one instanceof protobuf.Namespace) yield* declared(one);
  }
}

/** The name of a type in TypeScript: `Outer_Inner`. One that TypeScript keeps for itself gets a `_`. */
export function typeName(one: protobuf.ReflectionObject): string {
  const names = [one.name];
  for (let parent = one.parent; parent instanceof protobuf.Type; parent = parent.parent) names.unshift(parent.name);
  const name = names.join("_");
  return RESERVED.has(name) ? `${name}_` : name;
}

/** `grpc/health/v1/health.proto` as `HEALTH_PROTO`. */
export const fileConst = (proto: string) =>
  proto.replace(/^.*\//, "").replace(/\W+/g, "_").replace(/^(?=\d)/, "_").toUpperCase();

/** What a generated file imports, each under a name that nothing else in it has: a message may well be called `Service`. */
export class Imports {
  readonly #taken: Set<string>;
  /** By the module, and by the name there. */
  readonly #modules = new Map<string, Map<string, { local: string; type: boolean }>>();

  /** Makes none; `taken` are the names that the file has already. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** Imports a name, and says what it is called here. */
  use(from: string, name: string, type = false): string {
    if (!this.#modules.has(from)) this.#modules.set(from, new Map());
    const names = this.#modules.get(from)!;
    const known = names.get(name);
    if (known) {
      known.type &&= type;
      return known.local;
    }
    let local = name;
    for (let i = 1; this.#taken.has(local); i++) local = `${name}$${i}`;
    this.#taken.add(local);
    names.set(name, { local, type });
    return local;
  }

  /** The import declarations. */
  toString(): string {
    return [...this.#modules].map(([from, names]) => {
      const list = [...names].sort(([a], [b]) => a.toLowerCase() < b.toLowerCase() ? -1 : 1)
        .map(([name, { local, type }]) => `${type ? "type " : ""}${name}${local === name ? "" : ` as ${local}`}`);
      return `import { ${list.join(", ")} } from ${JSON.stringify(from)};`;
    }).join("\n");
  }
}
