import type { ProtoFile } from "../codec/file.ts";
import { RpcError } from "../mod.ts";

/** Who can tell what there is. */
export interface SchemaSource {
  /** What it is, for people: `"127.0.0.1:8888"`, `"echo.proto"`. */
  readonly label: string;
  /** The names of all services. */
  services(): Promise<readonly string[]>;
  /** The names of all that is known by now, or can be found out. */
  names(): Promise<readonly string[]>;
  /** The file that declares something, with all that it imports; undefined if there is none. */
  fileOf(symbol: string): Promise<ProtoFile | undefined>;
  close(): Promise<void>;
  /** Makes an error for people of one that comes of what it has told. */
  explain?(error: unknown): unknown;
}

/** There is no such thing, or nobody tells what there is; the message says what to do. */
export class SchemaError extends Error {
  override readonly name: string = "SchemaError";
}

/** Whether a server has answered by HTTP, and not as one of gRPC does. */
export const answersNoGrpc = ({ rawMessage }: RpcError): boolean =>
  /^the server answers with (HTTP status|content-type) /.test(rawMessage);

/** The server tells nothing about itself. */
export class NoReflection extends SchemaError {
  override readonly name = "NoReflection";
}

/** The server does not answer the questions of reflection as it should; its own status is in `code`. */
export class ReflectionRefused extends RpcError {
  override readonly name = "ReflectionRefused";
}
