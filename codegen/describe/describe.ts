import type {
  EnumJson,
  FieldJson,
  FileJson,
  MessageJson,
  MethodJson,
  Options,
  RangeJson,
  ServiceJson,
} from "../../codec/descriptor/json_types.ts";
import { jsonNameOf } from "../../codec/json_name.ts";
import type { Syntax } from "../parse/syntax.ts";
import { defaultOf } from "./defaults.ts";
import { nameIn, scopeOf } from "../parse/full_names.ts";
import { numberOf } from "../parse/numbers.ts";
import { childrenOf, type Declaration, entryNameOf, fieldNameOf, fieldsOf, isMessageSet } from "../parse/outline.ts";
import { MAX_FIELD_NUMBER, MAX_VALUE } from "../parse/outliner.ts";
import type { References } from "../resolve/references.ts";
import { textOf } from "../parse/strings.ts";
import type { Symbols } from "../resolve/symbols.ts";

/** What is known of a file when it is described. */
export interface Described {
  readonly name: string;
  readonly syntax: Syntax;
  readonly references: ReadonlyMap<Declaration, References>;
  /** Where the descriptors of its types are put. */
  readonly symbols: Symbols;
  /** What the options of a declaration are. They are asked for when all types are described. */
  options(one: Declaration): Options | undefined;
}

/** Makes the descriptor of a file, as protoc does. The comments stand beside it. */
export class Describer {
  readonly #known: Described;
  /** What is to be done when all types are described: options may be of types that the file itself declares. */
  readonly #later: (() => void)[] = [];

  constructor(known: Described) {
    this.#known = known;
  }

  /** The descriptor of the whole file. */
  file(outline: Declaration): FileJson {
    const { name, syntax } = this.#known;
    const imports = childrenOf(outline, "import");
    const positions = (label: string) => imports.flatMap((one, i) => one.label?.text === label ? [i] : []);
    const file: FileJson = this.#withOptions(outline, {
      name,
      package: outline.fullName || undefined,
      dependency: imports.filter(({ label }) => label?.text !== "option").map((one) => textOf(one.name)),
      publicDependency: positions("public"),
      ...this.#inside(outline, "messageType"),
      service: childrenOf(outline, "service").map((one) => this.#service(one)),
      ...syntax !== "proto2" && { syntax },
      ...syntax === "editions" && { edition: `EDITION_${textOf(childrenOf(outline, "edition")[0]!.name)}` },
    });
    for (const act of this.#later) act();
    return file;
  }

  #withOptions<T extends object>(one: Declaration, json: T): T {
    if (one.options.length > 0) {
      this.#later.push(() => {
        const options = this.#known.options(one);
        if (options) (json as { options?: Options }).options = options;
      });
    }
    return json;
  }

  /** What a file or a message holds beside its own. */
  #inside<K extends "messageType" | "nestedType">(owner: Declaration, messages: K) {
    const types = (one: Declaration): MessageJson[] => {
      if (one.kind === "message") return [this.#message(one)];
      if (one.kind === "group") return [this.#message(one)];
      if (one.kind === "field" && one.keyType) return [this.#entry(one)];
      return one.kind === "oneof" || one.kind === "extend" ? one.children.flatMap(types) : [];
    };
    const extensions = childrenOf(owner, "extend").flatMap((one) => one.children.map((field) => this.#field(field)));
    return {
      [messages]: owner.children.flatMap(types),
      enumType: childrenOf(owner, "enum").map((one) => this.#enum(one)),
      extension: extensions,
    } as { [key in K]: MessageJson[] } & { enumType: EnumJson[]; extension: FieldJson[] };
  }

  #keep<T extends MessageJson | EnumJson | FieldJson>(fullName: string, json: T): T {
    const symbol = this.#known.symbols.get(fullName);
    if (symbol) symbol.json = json;
    return json;
  }

  #message(one: Declaration): MessageJson {
    const oneofs = childrenOf(one, "oneof");
    const positions = new Map(oneofs.map((oneof, i) => [oneof, i]));
    const fields = fieldsOf(one).map((field) => this.#field(field, positions.get(field.parent!)));
    const synthetic = this.#known.syntax === "proto3" ? giveSyntheticOneofs(fields, oneofs) : [];
    const ranges = childrenOf(one, "extensions").flatMap((range) => this.#extensionRanges(range));
    return this.#keep(
      one.fullName,
      this.#withOptions(one, {
        name: one.name.text,
        field: fields,
        ...this.#inside(one, "nestedType"),
        extensionRange: ranges,
        oneofDecl: [
          ...oneofs.map((oneof) => this.#withOptions(oneof, { name: oneof.name.text, comment: oneof.comment })),
          ...synthetic.map((name) => ({ name })),
        ],
        ...reservedOf(one, 1),
        comment: one.comment,
      }),
    );
  }

  #extensionRanges(one: Declaration): RangeJson[] {
    const most = isMessageSet(one.parent!) ? MAX_VALUE : MAX_FIELD_NUMBER + 1;
    return one.ranges!.map(({ from, to, isMax }) =>
      this.#withOptions(one, { start: from, end: isMax ? most : to + 1 })
    );
  }

  #field(one: Declaration, oneofIndex?: number): FieldJson {
    const { label, parent, options } = one;
    const isOptional = label?.text === "optional";
    const name = fieldNameOf(one);
    const given = options.find((option) => option.name === "json_name")?.value;
    const extended = parent!.kind === "extend" ? this.#known.references.get(parent!)?.type : undefined;
    const scope = scopeOf(one);
    return this.#keep(
      nameIn(scope, name),
      this.#withOptions(one, {
        name,
        number: numberOf(one.number!.text),
        label: `LABEL_${one.keyType ? "REPEATED" : (label?.text ?? "optional").toUpperCase() as "OPTIONAL"}`,
        ...this.#typeOf(one, scope),
        ...extended && { extendee: `.${extended.fullName}` },
        defaultValue: defaultOf(one, this.#known.references.get(one)?.type?.kind),
        oneofIndex,
        jsonName: given?.kind === "scalar" && given.token.bytes ? textOf(given.token) : jsonNameOf(name),
        proto3Optional: isOptional && this.#known.syntax === "proto3" || undefined,
        comment: one.comment,
      }),
    );
  }

  #typeOf(one: Declaration, scope: string): { type: string; typeName?: string } {
    if (one.kind === "group") return { type: "TYPE_GROUP", typeName: `.${one.fullName}` };
    if (one.keyType) return { type: "TYPE_MESSAGE", typeName: `.${nameIn(scope, entryNameOf(one))}` };
    return this.#valueType(one);
  }

  #valueType(one: Declaration): { type: string; typeName?: string } {
    const found = this.#known.references.get(one)?.type;
    if (found === undefined) return { type: `TYPE_${one.type!.text.toUpperCase()}` };
    return { type: found.kind === "enum" ? "TYPE_ENUM" : "TYPE_MESSAGE", typeName: `.${found.fullName}` };
  }

  #entry(one: Declaration): MessageJson {
    const part = (name: string, number: number, type: { type: string; typeName?: string }): FieldJson => ({
      name,
      number,
      label: "LABEL_OPTIONAL",
      ...type,
      jsonName: name,
    });
    const key = { type: `TYPE_${one.keyType!.text.toUpperCase()}` };
    const name = entryNameOf(one);
    const scope = scopeOf(one);
    return this.#keep(nameIn(scope, name), {
      name,
      field: [part("key", 1, key), part("value", 2, this.#valueType(one))],
      options: { mapEntry: true },
    });
  }

  #enum(one: Declaration): EnumJson {
    const value = childrenOf(one, "value").map((value) =>
      this.#withOptions(value, {
        name: value.name.text,
        number: numberOf(value.number!.text),
        comment: value.comment,
      })
    );
    return this.#keep(
      one.fullName,
      this.#withOptions(one, { name: one.name.text, value, ...reservedOf(one, 0), comment: one.comment }),
    );
  }

  #service(one: Declaration): ServiceJson {
    const method = childrenOf(one, "rpc").map((rpc): MethodJson => {
      const { type, output } = this.#known.references.get(rpc) ?? {};
      return this.#withOptions(rpc, {
        name: rpc.name.text,
        inputType: `.${type?.fullName}`,
        outputType: `.${output?.fullName}`,
        clientStreaming: rpc.streams!.input || undefined,
        serverStreaming: rpc.streams!.output || undefined,
        comment: rpc.comment,
      });
    });
    return this.#withOptions(one, { name: one.name.text, method, comment: one.comment });
  }
}

/**
 * Gives each `optional` field the oneof that it stands for, with a name that is free, as protoc does.
 *
 * @returns The names.
 */
function giveSyntheticOneofs(fields: readonly FieldJson[], oneofs: readonly Declaration[]): string[] {
  const taken = new Set([...fields.map(({ name }) => name), ...oneofs.map(({ name }) => name.text)]);
  const names: string[] = [];
  for (const field of fields) {
    if (!field.proto3Optional) continue;
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    (field as { oneofIndex?: number }).oneofIndex = oneofs.length + names.length;
    names.push(name);
  }
  return names;
}

function reservedOf(one: Declaration, pastEnd: 0 | 1): { reservedRange: RangeJson[]; reservedName: string[] } {
  const reserved = childrenOf(one, "reserved");
  return {
    reservedRange: reserved.flatMap(({ ranges }) =>
      ranges!.map(({ from, to }) => ({ start: from, end: to + pastEnd }))
    ),
    reservedName: reserved.flatMap(({ reservedNames }) =>
      reservedNames!.map((token) => token.kind === "string" ? textOf(token) : token.text)
    ),
  };
}
