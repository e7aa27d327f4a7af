import { LocalNames } from "../../codec/typescript_names.ts";
import { literal } from "../code_text.ts";
import type { LoadedFile } from "../load/load.ts";
import { type Declaration, everything } from "../parse/outline.ts";

/** What no declaration in a module may be called, or no type where one is named. */
const RESERVED =
  ("any arguments as async await bigint boolean break case catch class const constructor continue debugger default delete do " +
    "else enum eval export extends false finally for function get globalThis if implements import in infer instanceof interface " +
    "keyof let never new null number object package private protected public readonly return set static string super switch " +
    "symbol this throw true try type typeof undefined unique unknown var void while with yield").split(" ");

/** The global types that generated code uses. */
export const GLOBALS = ["Map", "Record", "Uint8Array"];

/** The types and services of a file, in its order. */
export const declared = ({ outline }: LoadedFile): Declaration[] =>
  [...everything(outline)].filter(({ kind }) => /^(message|group|enum|service)$/.test(kind));

const given = new WeakMap<LoadedFile, Map<string, string>>();

/**
 * What the types and services of a file are called in TypeScript, by their full names: `Outer_Inner`. A name that
 * TypeScript keeps for itself gets a `_`, and so does one that something before it in the file has.
 */
export function typeNames(file: LoadedFile): ReadonlyMap<string, string> {
  let names = given.get(file);
  if (names === undefined) {
    const local = new LocalNames(RESERVED);
    const start = file.outline.fullName === "" ? 0 : file.outline.fullName.length + 1;
    names = new Map(
      declared(file).map(({ fullName }) => [
        fullName,
        local.give(fullName.slice(start).replaceAll(".", "_")),
      ]),
    );
    given.set(file, names);
  }
  return names;
}

/** `grpc/health/v1/health.proto` as `HEALTH_PROTO`. */
export const fileConst = (proto: string): string =>
  proto.replace(/^.*\//s, "").replace(/\W+/g, "_").replace(/^(?=\d)/, "_").toUpperCase();

/**
 * What a generated file imports, each under a name that nothing else in it has: a message may well be called `Service`.
 */
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
      return `import { ${list.join(", ")} } from ${literal(from)};`;
    }).join("\n");
  }
}
