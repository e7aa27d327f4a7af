/**
 * What services there are and what their messages look like: told by a server, or by .proto files.
 *
 * @module
 */

import { declaredBy, findService, findType, namesIn } from "../codec/descriptor/declared.ts";
import { type Described, descriptorJson } from "../codec/descriptor/as_json.ts";
import { printProto } from "../codec/descriptor/print.ts";
import type { ProtoFile } from "../codec/file.ts";
import type { CallOptions, ClientOptions, MessageType, Method, Service } from "../mod.ts";
import { didYouMean } from "../base/did_you_mean.ts";
import { readLocalFiles } from "./local_files.ts";
import { Reflection } from "./reflection.ts";
import { SchemaError, type SchemaSource } from "./schema_source.ts";

export { SchemaError } from "./schema_source.ts";

/** A method, and where it stands. */
export interface FoundMethod {
  /** Its service: what createClient takes. */
  readonly service: Service;
  /** Its name in such a client: `"echo"` for the .proto's `Echo`. */
  readonly property: string;
  /** Its kind of call, and the types of its requests and responses. */
  readonly method: Method;
}

/** What is known of services and messages. Names are full protobuf names; a dot in front is passed over. */
export interface Schema extends AsyncDisposable {
  /** Who tells it, for people. */
  readonly label: string;
  /** The names of all services, sorted. */
  services(): Promise<readonly string[]>;
  /** Finds a service. @throws {SchemaError} If there is none. */
  findService(name: string): Promise<Service>;
  /**
   * Finds a method.
   *
   * @param name `"echo.EchoService/Echo"`, `"/echo.EchoService/Echo"` or `"echo.EchoService.Echo"`.
   * @throws {SchemaError} If there is none.
   */
  findMethod(name: string): Promise<FoundMethod>;
  /** Finds a message. @throws {SchemaError} If there is none. */
  findType(name: string): Promise<MessageType<unknown>>;
  /**
   * A service, method, message, field, enum or value of one as a .proto would declare it, with full names of types.
   *
   * @throws {SchemaError} If there is none.
   */
  describe(name: string): Promise<string>;
  /** The same as its message of descriptor.proto. @throws {SchemaError} If there is none. */
  descriptor(name: string): Promise<Described>;
  /** Makes an error for people of one that comes of what was told. */
  explain(error: unknown): unknown;
}

/**
 * Asks a server, by the reflection service that it must have: v1, or else v1alpha.
 *
 * @param options Where the server is, as createClient takes it.
 * @param call What is sent with each question. Its deadline bounds all of them together; else those about one thing
 * have ten seconds.
 */
export const schemaFromServer = (options: ClientOptions, call: CallOptions = {}): Schema =>
  schemaOf(new Reflection(options, call));

/**
 * Reads .proto files.
 *
 * @param files Their paths.
 * @param importPaths Folders where their imports are looked for, beside those of the files themselves.
 * @throws {Failure} If one is not there.
 * @throws {ProtoProblem} If one has a mistake.
 */
export function schemaFromFiles(files: readonly string[], importPaths: readonly string[] = []): Schema {
  return schemaOf(sourceOf(files.join(", "), readLocalFiles(files, importPaths)));
}

function sourceOf(label: string, files: ReadonlyMap<string, ProtoFile>): SchemaSource {
  const names = [...files.values()].flatMap((file) => [...declaredBy(file).services.keys()]);
  return {
    label,
    services: () => Promise.resolve(names),
    names: () => Promise.resolve([...files.values()].flatMap(namesIn)),
    fileOf: (symbol) => Promise.resolve([...files.values()].find((file) => printProto(file, symbol) !== undefined)),
    close: () => Promise.resolve(),
  };
}

function schemaOf(source: SchemaSource): Schema {
  const { label } = source;
  const nameOf = (name: string) => name.replace(/^[./]/, "").replace("/", ".");
  const missing = (what: string, name: string, known: readonly string[] = []) =>
    new SchemaError(`${label} has no ${what} ${name}${didYouMean(name, known)}`);
  const serviceOf = async (given: string): Promise<Service> => {
    const name = nameOf(given);
    const file = await source.fileOf(name);
    const service = file && findService(file, name);
    if (service !== undefined) return service;
    const names = await source.services();
    const others = names.length > 0 ? `; it has ${names.slice(0, 20).join(", ")}` : "";
    throw new SchemaError(`${label} has no service ${name}${didYouMean(name, names) || others}`);
  };
  const describe = async <T>(given: string, by: (file: ProtoFile, name: string) => T | undefined): Promise<T> => {
    const name = nameOf(given);
    const file = await source.fileOf(name);
    const described = file && by(file, name);
    if (described !== undefined) return described;
    throw new SchemaError(`${label} has nothing called ${name}${didYouMean(name, await source.names())}`);
  };
  const explain = (error: unknown) => source.explain?.(error) ?? error;
  const explained = <T>(find: (given: string) => Promise<T>) => async (given: string): Promise<T> => {
    try {
      return await find(given);
    } catch (error) {
      throw explain(error);
    }
  };
  return {
    label,
    services: async () => [...await source.services()].sort(),
    findService: explained(async (given) => {
      const service = await serviceOf(given);
      void service.methods; // whether its types are there
      return service;
    }),
    findMethod: explained(async (given) => {
      const [, owner, last] = /^(.+)\.(\w+)$/.exec(nameOf(given)) ?? [];
      if (owner === undefined) {
        throw new SchemaError(`${given || "an empty text"} names no method; write it as package.Service/Method`);
      }
      const service = await serviceOf(owner);
      const found = Object.entries(service.methods).find(([, { name }]) => name === last);
      if (found === undefined) {
        throw missing(
          "method",
          `${owner}/${last}`,
          Object.values(service.methods).map(({ name }) => `${owner}/${name}`),
        );
      }
      const [property, method] = found;
      return { service, property, method };
    }),
    findType: explained(async (given) => {
      const name = nameOf(given);
      const file = await source.fileOf(name);
      const type = file && findType(file, name);
      if (type === undefined) throw missing("message", name);
      return type;
    }),
    describe: explained((given) => describe(given, printProto)),
    descriptor: explained((given) => describe(given, descriptorJson)),
    explain,
    [Symbol.asyncDispose]: () => source.close(),
  };
}
