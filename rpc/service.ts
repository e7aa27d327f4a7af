import type { JsonReadOptions, JsonValue, JsonWriteOptions } from "./json.ts";

/**
 * Turns messages of one type into bytes or JSON, and back.
 *
 * @typeParam T The message as it is received: every field without presence is there, with its default.
 */
export interface MessageType<T> {
  /** The full protobuf name, such as `"echo.Req"`. */
  readonly typeName: string;
  /**
   * Encodes a message. Fields that are left out get their default. The bytes may share their `ArrayBuffer` with other
   * messages, so copy them before that is transferred to a worker.
   *
   * @throws {TypeError} If a field has the wrong type; the message names the field: `echo.Req.mes: expected string, got
   * 42`.
   */
  encode(value: Init<T>): Uint8Array;
  /**
   * Decodes a message. Unknown fields are kept and written again by {@linkcode encode}.
   *
   * @param bytes The encoded message.
   * @param budget How much memory the message may take. 64 MiB by default.
   * @throws {Error} If the bytes are not a valid message.
   * @throws {RpcError} RESOURCE_EXHAUSTED if the message takes more memory, or has a map whose keys were chosen to
   * collide.
   */
  decode(bytes: Uint8Array, budget?: DecodeBudget): T;
  /**
   * Writes a message as JSON, for `JSON.stringify`: 64-bit integers as strings, bytes in base64, enums by name, a
   * timestamp as `"2026-01-31T12:00:00Z"`. Unknown fields are left out.
   *
   * @throws {TypeError} If a field has the wrong type, or a value has no JSON form; the message names the field.
   * @see https://protobuf.dev/programming-guides/json/
   */
  toJson(value: Init<T>, options?: JsonWriteOptions): JsonValue;
  /**
   * Reads a message from JSON, as `JSON.parse` gives it: which has already dropped all but the last of duplicate keys
   * and rounded integers beyond 2^53, so those are safe as strings only.
   *
   * @throws {TypeError} If it is no such message; the message names the field: `echo.Req.mes: expected a string, got
   * 42`.
   * @see https://protobuf.dev/programming-guides/json/
   */
  fromJson(json: JsonValue, options?: JsonReadOptions): T;
}

/** The memory that a message may take once it is decoded, in bytes, where nothing else is said. */
export const DECODED_MESSAGE_BYTES: number = 64 * 1024 * 1024;

/** A bound on the memory that a message takes once it is decoded. All numbers are estimates in bytes. */
export interface DecodeBudget {
  /** The most memory that the message may take. */
  readonly limit: number;
  /** The memory that the message takes: set by {@linkcode MessageType.decode}. */
  used: number;
}

/** A message as it may be given to be sent: any field may be left out, at any depth. */
export type Init<T> = T extends string | number | bigint | boolean | undefined | null | Uint8Array ? T
  : T extends Map<infer K, infer V> ? ReadonlyMap<K, Init<V>>
  : T extends readonly (infer U)[] ? readonly Init<U>[]
  : T extends { case: string; value: unknown } ? { case: T["case"]; value: Init<T["value"]> }
  : { [K in keyof T]?: Init<T[K]> };

/** The four kinds of call. */
export type MethodKind = "unary" | "client_streaming" | "server_streaming" | "bidi";

/** Whether calls of this kind have many requests. */
export const streamsRequests = (kind: MethodKind): boolean => kind === "client_streaming" || kind === "bidi";
/** Whether calls of this kind have many responses. */
export const streamsResponses = (kind: MethodKind): boolean => kind === "server_streaming" || kind === "bidi";

/** One method of a service, whatever its kind. */
export interface Method<Req = unknown, Res = unknown, Kind extends MethodKind = MethodKind> {
  /** The name in the .proto file, such as `"Echo"`. */
  readonly name: string;
  /** The `:path` of a call, such as `"/echo.EchoService/Echo"`. */
  readonly path: string;
  /** Which of the four kinds of call it is. */
  readonly kind: Kind;
  /** Whether a call may be served twice without harm: the .proto's `idempotency_level` says so. @default {false} */
  readonly idempotent?: boolean;
  /** The type of its requests. */
  readonly request: MessageType<Req>;
  /** The type of its responses. */
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

/** The methods of a service by the name they have in TypeScript. */
// deno-lint-ignore no-explicit-any -- a method's types stand on both sides of the arrow, so only `any` holds every method
export type Methods = Record<string, Method<any, any>>;

/**
 * A service, as generated from a .proto file.
 *
 * @typeParam M Its methods by their TypeScript name: `{ echo: Unary<Req, Resp> }`.
 */
export interface Service<M extends Methods = Methods> {
  /** The full protobuf name, such as `"echo.EchoService"`. */
  readonly typeName: string;
  /** The methods by the name they have in TypeScript: `echo` for the .proto's `Echo`. */
  readonly methods: Readonly<M>;
}
