import type { MessageType } from "../../rpc/service.ts";
import { type ProtoFile, protoFile, rootOf } from "../file.ts";
import { fileDescriptorProto } from "./descriptor_proto.ts";
import type { FileJson, MessageJson, MethodJson, ServiceJson } from "./json_types.ts";
import { readFile } from "./read.ts";
import { wellKnownFile } from "./well_known_file.ts";

/** Fields of a message, times what each is compared with. The largest message of googleapis has 100,000. */
const MAX_COMPARISONS = 10_000_000;
/** How many imports that are not there an error names. */
const MAX_NAMED_TYPES = 5;

/** Files whose descriptors come one after the other, as a server tells them. Each is decoded and built once. */
export class DescriptorPool {
  readonly #type: MessageType<unknown>;
  readonly #descriptors = new Map<string, FileJson>();
  readonly #files = new Map<string, ProtoFile>();
  /** Imports of the files that are built which are not there. */
  readonly #missing = new Set<string>();

  private constructor(type: MessageType<unknown>) {
    this.#type = type;
  }

  /** Makes a pool without files. */
  static async create(): Promise<DescriptorPool> {
    return new DescriptorPool(await fileDescriptorProto());
  }

  /** The names of the files whose descriptors are there. */
  get names(): Iterable<string> {
    return this.#descriptors.keys();
  }

  /** The files that are built. */
  get files(): ReadonlyMap<string, ProtoFile> {
    return this.#files;
  }

  has(name: string): boolean {
    return this.#descriptors.has(name);
  }

  /**
   * Takes a descriptor. A second one of the same name counts only while the file is not built.
   *
   * @throws {Error} If the bytes are not a descriptor, or one that takes too long to read.
   */
  add(bytes: Uint8Array): { readonly name: string; readonly imports: readonly string[]; readonly isNew: boolean } {
    const descriptor = this.#type.toJson(this.#type.decode(bytes) as never) as FileJson;
    const { name = "", dependency: imports = [], messageType = [], service = [] } = descriptor;
    messageType.forEach(checkMessage);
    service.forEach(checkService);
    const isNew = !this.#descriptors.has(name);
    this.#descriptors.set(name, descriptor);
    return { name, imports, isNew };
  }

  /**
   * A file with all that it imports, ready for use; undefined if it is not there. Imports may be missing as far as
   * nothing of them is used.
   *
   * @throws {Error} If a type is missing, or files import each other in a circle; the message names it.
   */
  file(name: string): ProtoFile | undefined {
    const file = this.#build(name);
    if (!file) return undefined;
    try {
      rootOf(file);
    } catch (cause) {
      const missing = [...this.#missing].slice(0, MAX_NAMED_TYPES).join(", ");
      const without = missing && ` (${missing}, which it imports, is not there)`;
      throw new Error(`the descriptor of ${name} is not complete${without}: ${(cause as Error).message}`, { cause });
    }
    return file;
  }

  /** Builds a file after those that it imports. There is no recursion: a server may tell a chain of any length. */
  #build(name: string): ProtoFile | undefined {
    const path = new Map<string, Iterator<string>>();
    const order: string[] = [];
    const enter = (name: string) => {
      if (path.has(name)) throw new Error(`the imports form a circle: ${circle([...path.keys()], name)}`);
      if (this.#files.has(name) || !this.#descriptors.has(name)) return;
      path.set(name, (this.#descriptors.get(name)!.dependency ?? []).values());
      order.push(name);
    };
    enter(name);
    for (let last = order.at(-1); last !== undefined; last = order.at(-1)) {
      const { value, done } = path.get(last)!.next();
      if (!done) enter(value);
      else {
        order.pop();
        path.delete(last);
        this.#files.set(last, this.#make(last, this.#descriptors.get(last)!));
      }
    }
    return this.#known(name);
  }

  #make(name: string, descriptor: FileJson): ProtoFile {
    const { dependency = [], publicDependency = [] } = descriptor;
    const imports = dependency.map((one) => this.#known(one));
    for (const [i, file] of imports.entries()) if (!file) this.#missing.add(dependency[i]!);
    const isThere = (file: ProtoFile | undefined) => file !== undefined;
    return protoFile(
      name,
      readFile(descriptor),
      imports.filter(isThere),
      publicDependency.map((i) => imports[i]).filter(isThere),
    );
  }

  #known(name: string): ProtoFile | undefined {
    return this.#files.get(name) ?? wellKnownFile(name);
  }
}

/** The files of a path from one on that comes again, as far as a message can hold them. */
function circle(path: readonly string[], name: string): string {
  const names = [...path.slice(path.indexOf(name)), name];
  return names.length > 2 * MAX_NAMED_TYPES
    ? [...names.slice(0, MAX_NAMED_TYPES), "...", name].join(" -> ")
    : names.join(" -> ");
}

/**
 * Makes files of descriptors, whoever has encoded them: the way back from `fileDescriptors`. Extensions, custom options
 * and proto2's defaults are left out; groups stand there, and refuse to be encoded and decoded.
 *
 * @param descriptors Encoded `google.protobuf.FileDescriptorProto`s, in any order, with all that they import. The
 * well-known files may be missing, and those of which nothing is used.
 * @returns The files by name.
 * @throws {Error} If something is no descriptor, or a type is missing; the message names it.
 */
export async function protoFiles(descriptors: Iterable<Uint8Array>): Promise<ReadonlyMap<string, ProtoFile>> {
  const pool = await DescriptorPool.create();
  for (const bytes of descriptors) pool.add(bytes);
  for (const name of pool.names) pool.file(name);
  return pool.files;
}

/** Whether a name, or that of a type, says something: protobufjs takes what is empty for the root of all types. */
const isNamed = (name: string | undefined) => name !== undefined && name !== "" && !name.endsWith(".");

function checkService({ name, method = [] }: ServiceJson): void {
  const isWhole = (one: MethodJson) => [one.name, one.inputType, one.outputType].every(isNamed);
  if (!method.every(isWhole)) throw new Error(`a method of the service ${name} has no name, or no type`);
}

function checkMessage(
  { name, field = [], oneofDecl = [], reservedRange = [], reservedName = [], nestedType = [] }: MessageJson,
): void {
  // Each field is compared with each reserved range and each oneof.
  if (field.length * (oneofDecl.length + reservedRange.length + reservedName.length) > MAX_COMPARISONS) {
    throw new Error(`the message ${name} has too many fields and reserved ranges`);
  }
  if (!field.every((one) => isNamed(one.name) && (one.typeName === undefined || isNamed(one.typeName)))) {
    throw new Error(`a field of the message ${name} has no name, or no type`);
  }
  nestedType.forEach(checkMessage);
}
