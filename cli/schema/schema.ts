/**
 * Services and the types of their messages, from a server's reflection or from .proto files.
 *
 * @module
 */

import { declaredBy, findService, findType, namesIn } from "../../codec/descriptor/declared.ts";
import { type Described, descriptorJson } from "../../codec/descriptor/descriptor_json.ts";
import { printProto } from "../../codec/descriptor/print.ts";
import type { ProtoFile } from "../../codec/file.ts";
import type { CallOptions, ClientOptions, MessageType, Method, Service } from "../../mod.ts";
import { didYouMean } from "../../base/text/did_you_mean.ts";
import { readLocalFiles } from "./local_files.ts";
import { Reflection } from "./reflection.ts";
import { SchemaError, type SchemaSource } from "./schema_source.ts";

export { SchemaError } from "./schema_source.ts";

/** A method, and its service. */
export interface FoundMethod {
  /** The service, as createClient takes it. */
  readonly service: Service;
  /** The method's name in a client: `"echo"` for `Echo` in the .proto. */
  readonly property: string;
  /** The kind of call, and the types of requests and responses. */
  readonly method: Method;
}

/** Known services and messages. Names are full protobuf names; a leading dot is ignored. */
export interface Schema extends AsyncDisposable {
  /** The name of the source, for messages. */
  readonly label: string;
  /** Returns the names of all services, sorted. */
  services(): Promise<readonly string[]>;
  /**
   * Finds a service.
   *
   * @throws {SchemaError} If it does not exist.
   */
  findService(name: string): Promise<Service>;
  /**
   * Finds a method.
   *
   * @param name The name: `"echo.EchoService/Echo"`, `"/echo.EchoService/Echo"` or `"echo.EchoService.Echo"`.
   * @throws {SchemaError} If it does not exist.
   */
  findMethod(name: string): Promise<FoundMethod>;
  /**
   * Finds a message type.
   *
   * @throws {SchemaError} If it does not exist.
   */
  findType(name: string): Promise<MessageType<unknown>>;
  /**
   * Returns a service, method, message, field, enum or enum value as .proto source, with full type names.
   *
   * @throws {SchemaError} If it does not exist.
   */
  describe(name: string): Promise<string>;
  /**
   * Returns the symbol's descriptor, a message of descriptor.proto.
   *
   * @throws {SchemaError} If it does not exist.
   */
  descriptor(name: string): Promise<Described>;
  /** Converts an error that the schema caused to one for users. */
  explain(error: unknown): unknown;
}

/**
 * Creates a schema from a server's reflection service, v1 or otherwise v1alpha.
 *
 * @param options The server, as options of createClient.
 * @param call The options of each query. A deadline applies to all queries together. Without one, the queries for one
 * symbol have ten seconds.
 */
export const schemaFromServer = (options: ClientOptions, call: CallOptions = {}): Schema =>
  schemaOf(new Reflection(options, call));

/**
 * Creates a schema from .proto files.
 *
 * @param files The paths.
 * @param importPaths Folders to search for imports, in addition to the folders of the files.
 * @throws {Failure} If a file does not exist.
 * @throws {ProtoProblem} If a file contains a mistake.
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
  const missing = (kind: string, name: string, known: readonly string[] = []) =>
    new SchemaError(`${label} has no ${kind} ${name}${didYouMean(name, known)}`);
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
      void service.methods; // throws if a type is missing
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
