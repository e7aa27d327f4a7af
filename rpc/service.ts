import type { JsonReadOptions, JsonValue, JsonWriteOptions } from "./json.ts";

/**
 * Converts messages of one type to bytes or JSON, and back.
 *
 * @typeParam T The message as it is received: every field without presence is set, at least to its default.
 */
export interface MessageType<T> {
  /** The full protobuf name, such as `"echo.Req"`. */
  readonly typeName: string;
  /**
   * Encodes a message. Omitted fields get their default. The bytes may share their `ArrayBuffer` with other messages,
   * so copy them before you transfer the buffer to a worker.
   *
   * @throws {TypeError} If a field has the wrong type. The error names the field:
   * `echo.Req.mes: expected string, got 42`.
   */
  encode(value: Init<T>): Uint8Array;
  /**
   * Decodes a message. Unknown fields are preserved, and {@linkcode encode} writes them again.
   *
   * @param bytes The encoded message.
   * @param budget The maximum memory of the decoded message. 64 MiB by default.
   * @throws {Error} If the bytes are not a valid message.
   * @throws {RpcError} RESOURCE_EXHAUSTED if the message takes more memory than `budget`, or has a map whose keys were
   * chosen to collide.
   */
  decode(bytes: Uint8Array, budget?: DecodeBudget): T;
  /**
   * Converts a message to a JSON value for `JSON.stringify`. 64-bit integers become strings, bytes become base64, enums
   * become names, and a timestamp becomes `"2026-01-31T12:00:00Z"`. Unknown fields are omitted.
   *
   * @throws {TypeError} If a field has the wrong type, or a value has no JSON form. The error names the field.
   * @see https://protobuf.dev/programming-guides/json/
   */
  toJson(value: Init<T>, options?: JsonWriteOptions): JsonValue;
  /**
   * Converts a JSON value of `JSON.parse` to a message. `JSON.parse` has already dropped all but the last of duplicate
   * keys, and rounded integers beyond 2^53: write such integers as strings.
   *
   * @throws {TypeError} If the value is not a message of this type. The error names the field:
   * `echo.Req.mes: expected a string, got 42`.
   * @see https://protobuf.dev/programming-guides/json/
   */
  fromJson(json: JsonValue, options?: JsonReadOptions): T;
}

/** The default limit of the memory of a decoded message, in bytes. */
export const DECODED_MESSAGE_BYTES: number = 64 * 1024 * 1024;

/** A limit of the memory of a decoded message. All numbers are estimates in bytes. */
export interface DecodeBudget {
  /** The maximum memory of the message. */
  readonly limit: number;
  /** The memory that the message takes. {@linkcode MessageType.decode} sets it. */
  used: number;
}

/** A message to send. Any field may be omitted, at any depth. */
export type Init<T> = T extends string | number | bigint | boolean | undefined | null | Uint8Array ? T
  : T extends Map<infer K, infer V> ? ReadonlyMap<K, Init<V>>
  : T extends readonly (infer U)[] ? readonly Init<U>[]
  : T extends { case: string; value: unknown } ? { case: T["case"]; value: Init<T["value"]> }
  : { [K in keyof T]?: Init<T[K]> };

/** The kinds of call: with one or many requests, and one or many responses. */
export type MethodKind = "unary" | "client_streaming" | "server_streaming" | "bidi";

/** Whether calls of this kind stream their requests. */
export const streamsRequests = (kind: MethodKind): boolean => kind === "client_streaming" || kind === "bidi";
/** Whether calls of this kind stream their responses. */
export const streamsResponses = (kind: MethodKind): boolean => kind === "server_streaming" || kind === "bidi";

/** A method of a service, of any kind. */
export interface Method<Req = unknown, Res = unknown, Kind extends MethodKind = MethodKind> {
  /** The method's name in the .proto file, such as `"Echo"`. */
  readonly name: string;
  /** The `:path` of a call, such as `"/echo.EchoService/Echo"`. */
  readonly path: string;
  /** The kind of call. */
  readonly kind: Kind;
  /**
   * Whether a call may safely be served twice. The option `idempotency_level` in the .proto file sets it.
   * @default {false}
   */
  readonly idempotent?: boolean;
  /** The type of the requests. */
  readonly request: MessageType<Req>;
  /** The type of the responses. */
  readonly response: MessageType<Res>;
}

/** A method with one request and one response. */
export type Unary<Req, Res> = Method<Req, Res, "unary">;
/** A method with many requests and one response. */
export type ClientStreaming<Req, Res> = Method<Req, Res, "client_streaming">;
/** A method with one request and many responses. */
export type ServerStreaming<Req, Res> = Method<Req, Res, "server_streaming">;
/** A method with many requests and many responses, which may interleave. */
export type Bidi<Req, Res> = Method<Req, Res, "bidi">;

/** The methods of a service by their TypeScript name. */
// deno-lint-ignore no-explicit-any -- a method takes and returns its types, so only `any` accepts every method
export type Methods = Record<string, Method<any, any>>;

/**
 * A service, as generated from a .proto file.
 *
 * @typeParam M The methods by their TypeScript name: `{ echo: Unary<Req, Resp> }`.
 */
export interface Service<M extends Methods = Methods> {
  /** The full protobuf name, such as `"echo.EchoService"`. */
  readonly typeName: string;
  /** The methods by their TypeScript name: `echo` for the .proto file's `Echo`. */
  readonly methods: Readonly<M>;
}
