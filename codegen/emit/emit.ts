import type { EnumJson, FieldJson, MessageJson, ServiceJson } from "../../codec/descriptor/json_types.ts";
import { messageNames } from "../../codec/descriptor/message_names.ts";
import { defaultOf } from "../../codec/descriptor/read_message.ts";
import { doc, inComment, literal } from "../code_text.ts";
import { marker } from "../marker.ts";
import { codeImports, embedded } from "./embed.ts";
import { isWellKnown } from "../load/known.ts";
import type { LoadedFile } from "../load/load.ts";
import { declared, fileConst, GLOBALS, Imports, typeNames } from "./names.ts";
import { childrenOf, type Declaration, fieldsOf } from "../parse/outline.ts";
import { methodsOf } from "./services.ts";
import { checkSupported } from "./supported.ts";
import type { Symbol } from "../resolve/symbols.ts";

/** How TypeScript is written for a file. */
export interface EmitOptions {
  /** The module specifier of the kit, as the generated file imports it. */
  readonly kit: string;
  /** The module specifier of the file generated for another .proto. */
  specifier(proto: string): string;
}

/**
 * Writes the TypeScript for one of the loaded files. It is not formatted.
 *
 * @param name Which of them.
 * @param files All loaded files.
 * @throws {ProtoProblem} If something in it is not supported.
 */
export function emitFile(name: string, files: ReadonlyMap<string, LoadedFile>, options: EmitOptions): string {
  checkSupported(files.get(name)!, files, true);
  return new Emitter(files.get(name)!, files, options).emit();
}

const SCALARS: Record<string, string> = { string: "string", bool: "boolean" };
const KINDS = {
  unary: "Unary",
  server_streaming: "ServerStreaming",
  client_streaming: "ClientStreaming",
  bidi: "Bidi",
} as const;

class Emitter {
  readonly #file: LoadedFile;
  readonly #files: ReadonlyMap<string, LoadedFile>;
  readonly #options: EmitOptions;
  /** What the file's own types and services are called in TypeScript, by their full names. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #own: ReadonlySet<string>;
  readonly #services: ReadonlyMap<string, ServiceJson>;
  readonly #imports: Imports;
  /** What the file's descriptor is called. */
  readonly #const: string;
  readonly #body: string[] = [];

  constructor(file: LoadedFile, files: ReadonlyMap<string, LoadedFile>, options: EmitOptions) {
    this.#file = file;
    this.#files = files;
    this.#options = options;
    this.#names = typeNames(file);
    this.#own = new Set(this.#names.values());
    this.#services = new Map(file.descriptor.service?.map((one) => [one.name, one]));
    this.#const = constOf(file);
    this.#imports = new Imports([...this.#own, ...GLOBALS, this.#const]);
  }

  emit(): string {
    const [type, make] = [this.#use("ProtoFile", true), this.#use("protoFile")];
    for (const one of declared(this.#file)) this.#declare(one);
    const { name } = this.#file;
    const lists = codeImports(this.#file, this.#files)
      .map((list) => `[${list.map((one) => this.#fileOf(one)).join(", ")}]`);
    while (lists.at(-1) === "[]") lists.pop();
    const values = [literal(name), literal(embedded(this.#file, this.#files)), ...lists].join(", ");
    return [
      `${marker(name, "generate it again")}\n`,
      this.#imports.toString(),
      `\n/** The descriptor of ${inComment(name)}. */`,
      `export const ${this.#const}: ${type} = ${make}(${values});\n`,
      ...this.#body,
    ].join("\n");
  }

  /** The descriptor of another file. */
  #fileOf(proto: string): string {
    if (isWellKnown(proto)) return `${this.#use("pb")}.${fileConst(proto)}`;
    return this.#imports.use(this.#options.specifier(proto), constOf(this.#files.get(proto)!));
  }

  #use(name: string, type = false): string {
    return this.#imports.use(this.#options.kit, name, type);
  }

  /** A global type, which a type of the file may hide. */
  #global(name: string): string {
    return this.#own.has(name) ? `globalThis.${name}` : name;
  }

  #scalar(type: string): string {
    return type === "bytes" ? this.#global("Uint8Array") : SCALARS[type] ?? (/64$/.test(type) ? "bigint" : "number");
  }

  #json<T extends MessageJson | EnumJson>({ fullName }: Declaration): T {
    return this.#file.symbols.get(fullName)!.json as T;
  }

  #declare(one: Declaration): void {
    const name = this.#names.get(one.fullName)!;
    if (one.kind === "enum") this.#enum(one, name);
    else if (one.kind === "service") this.#service(one, name);
    else this.#message(one, name);
  }

  #enum(one: Declaration, local: string): void {
    const { value = [] } = this.#json<EnumJson>(one);
    const values = value.map(({ name, number, comment, options }) =>
      `${doc(comment, `${name}.`, options?.deprecated === true)}${name} = ${number},`
    );
    this.#body.push(
      `${doc(one.comment, `The enum ${one.fullName}.`)}export enum ${local} {\n${values.join("\n")}\n}\n`,
    );
  }

  #message(one: Declaration, name: string): void {
    const json = this.#json<MessageJson>(one);
    const names = messageNames(json);
    const fields = this.#fields(one, json, names.fields);
    const properties: string[] = [];
    const members = Map.groupBy(fields, ({ field }) => field.proto3Optional ? undefined : field.oneofIndex);
    const done = new Set<number>();
    for (const [i, { oneofIndex, proto3Optional }] of (json.field ?? []).entries()) {
      if (oneofIndex === undefined || proto3Optional) properties.push(fields[i]!.property());
      else if (!done.has(oneofIndex)) {
        done.add(oneofIndex);
        const { comment } = json.oneofDecl![oneofIndex]!;
        properties.push(oneofProperty(names.oneofs[oneofIndex]!, comment, members.get(oneofIndex)!));
      }
    }
    const codec = `${this.#use("MessageType", true)}<${name}> = ${this.#use("messageType")}(${this.#const}, ${
      literal(one.fullName)
    })`;
    const shape = properties.length === 0
      ? `export type ${name} = ${this.#own.has("Record") ? "{ [key in never]: never }" : "Record<never, never>"};`
      : `export interface ${name} {\n${properties.join("\n")}\n}`;
    this.#body.push(
      `${doc(one.comment, `The message ${one.fullName}.`)}${shape}`,
      `/** Encodes and decodes {@linkcode ${name}}. */\nexport const ${name}: ${codec};\n`,
    );
  }

  /** The fields of a message, with their types in TypeScript. */
  #fields(message: Declaration, { field: fields = [] }: MessageJson, locals: readonly string[]): Field[] {
    return fieldsOf(message).map((one, i) => {
      const field = fields[i]!;
      const local = locals[i]!;
      const type = this.#type(one);
      return { field, local, type, property: () => this.#property(one, field, local, type) };
    });
  }

  #property(one: Declaration, field: FieldJson, local: string, type: string): string {
    const { name, comment, options, proto3Optional } = field;
    const text = doc(comment, `The field ${name}.`, options?.deprecated === true, defaultOf(field));
    if (one.keyType) return `${text}${local}: ${this.#global("Map")}<${this.#scalar(one.keyType.text)}, ${type}>;`;
    if (field.label === "LABEL_REPEATED") return `${text}${local}: ${type}[];`;
    const absent = field.type === "TYPE_MESSAGE" || proto3Optional || this.#file.syntax === "proto2";
    return `${text}${local}${absent ? "?" : ""}: ${type};`;
  }

  /** The TypeScript type of one value of a field. */
  #type(field: Declaration): string {
    const type = this.#file.references.get(field)?.type;
    return type ? this.#reference(type) : this.#scalar(field.type!.text);
  }

  #reference({ fullName, file }: Symbol): string {
    if (file === this.#file.name) return this.#names.get(fullName)!;
    if (isWellKnown(file)) return `${this.#use("pb")}.${fullName.replace("google.protobuf.", "").replaceAll(".", "_")}`;
    const name = typeNames(this.#files.get(file)!).get(fullName)!;
    return this.#imports.use(this.#options.specifier(file), name, true);
  }

  #service(one: Declaration, name: string): void {
    const json = this.#services.get(one.name.text)!;
    const rpcs = childrenOf(one, "rpc");
    const methods = methodsOf(json).map(({ name, local, kind }, i) => {
      const rpc = rpcs[i]!;
      const { type, output } = this.#file.references.get(rpc)!;
      const types = `${this.#reference(type!)}, ${this.#reference(output!)}`;
      const comment = doc(rpc.comment, `${name}.`, json.method![i]!.options?.deprecated === true);
      return `${comment}${local}: ${this.#use(KINDS[kind], true)}<${types}>;`;
    });
    const type = `${this.#use("Service", true)}<{\n${methods.join("\n")}\n}>`;
    const value = `${this.#use("defineService")}(${this.#const}, ${literal(one.fullName)})`;
    this.#body.push(`${doc(one.comment, `The service ${one.fullName}.`)}export const ${name}: ${type} = ${value};\n`);
  }
}

/** A field and what is written for it. */
interface Field {
  readonly field: FieldJson;
  readonly local: string;
  readonly type: string;
  property(): string;
}

function oneofProperty(name: string, comment: string | undefined, members: readonly Field[]): string {
  const cases = members.map(({ local, type }) => `| { case: ${literal(local)}; value: ${type} }`);
  const text = doc(comment, `At most one of ${members.map(({ local }) => local).join(", ")}.`);
  return `${text}${name}?:\n${cases.join("\n")};`;
}

/** What a file's descriptor is called: no type of the file may be called the same. */
function constOf(file: LoadedFile): string {
  const types = new Set(typeNames(file).values());
  let constant = fileConst(file.name);
  while (types.has(constant)) constant += "_";
  return constant;
}
