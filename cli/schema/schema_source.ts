import type { ProtoFile } from "../../codec/file.ts";
import { RpcError } from "../../mod.ts";
import { NotGrpcError } from "../../transport/not_grpc_error.ts";

/** A source of services and types. */
export interface SchemaSource {
  /** The name of the source, for messages: `"127.0.0.1:8888"`, `"echo.proto"`. */
  readonly label: string;
  /** Returns the names of all services. */
  services(): Promise<readonly string[]>;
  /** Returns the names of all known or discoverable symbols. */
  names(): Promise<readonly string[]>;
  /** Returns the file that declares a symbol, with all its imports; undefined if the symbol does not exist. */
  fileOf(symbol: string): Promise<ProtoFile | undefined>;
  close(): Promise<void>;
  /** Converts an error that the source caused to one for users. */
  explain?(error: unknown): unknown;
}

/** Reports that a symbol does not exist, or that its schema is not available. The message says what to do. */
export class SchemaError extends Error {
  override readonly name: string = "SchemaError";
}

/** Whether a server responded over HTTP, but not as a gRPC server. */
export const answersNoGrpc = ({ cause }: RpcError): boolean => cause instanceof NotGrpcError;

/** Reports that a server does not offer reflection. */
export class NoReflection extends SchemaError {
  override readonly name = "NoReflection";
}

/** Reports that a server rejects or fails reflection queries; `code` is the server's status. */
export class ReflectionRefused extends RpcError {
  override readonly name = "ReflectionRefused";
}
