import { Metadata } from "./metadata.ts";
import type { Init, MessageType } from "./service.ts";
import { Status, statusName } from "./status.ts";

/** A detail of an error: a protobuf message together with its type, as in `google.protobuf.Any`. */
export interface ErrorDetail {
  /** The full name of the message's type, such as `"google.rpc.BadRequest"`. */
  readonly type: string;
  /** The encoded message. */
  readonly value: Uint8Array;
}

/**
 * Where the error of a call comes from:
 * - `"server"`: the server's answer.
 * - `"connection"`: no instance is known or can be reached, or the connection was lost.
 * - `"breaker"`: the circuit breaker of this client, which did not make the call.
 * - `"client"`: anything else on this side: the deadline passed, the caller cancelled the call, a limit was exceeded,
 *   or a message could not be decoded.
 */
export type ErrorOrigin = "server" | "connection" | "breaker" | "client";

/** The optional parts of an {@linkcode RpcError}. */
export interface RpcErrorOptions {
  /**
   * Details that the client can read with {@linkcode RpcError.detail}.
   * @default {[]}
   */
  details?: readonly ErrorDetail[];
  /**
   * The trailer fields.
   * @default {empty}
   */
  metadata?: Metadata;
  /** The path of the method that failed, such as `"/echo.EchoService/Echo"`. */
  path?: string;
  /** The error that caused this one. It is never sent to the peer. */
  cause?: unknown;
  /** The client's summary of its attempts. It is never sent to the peer. */
  note?: string;
  /** Where the error of a call comes from. Clients set it. */
  origin?: ErrorOrigin;
}

const BRAND = Symbol.for("dinokit.RpcError");

/**
 * The error of a failed RPC. A handler throws it to end the call with a status; a client's call rejects with it.
 *
 * @example
 * ```ts
 * import { RpcError, Status } from "../mod.ts";
 *
 * const error = new RpcError(Status.NOT_FOUND, "no user 7");
 * error.code; // Status.NOT_FOUND
 * error.message; // "[NOT_FOUND] no user 7"
 * ```
 */
export class RpcError extends Error {
  /** The gRPC status code. */
  readonly code: Status;
  /** The status message as it is on the wire, without code and path. */
  readonly rawMessage: string;
  /** The details that came with the status. */
  readonly details: readonly ErrorDetail[];
  /** The trailer fields that came with the status. */
  readonly metadata: Metadata;
  /** The path of the method that failed; undefined if it is not known. */
  readonly path: string | undefined;
  /**
   * The client's summary of its attempts. It is part of `message` but not of `rawMessage`, so it is never sent to a
   * peer.
   */
  readonly note: string | undefined;
  /** Where the error of a call comes from; undefined if it is not the error of a client's call. */
  readonly origin: ErrorOrigin | undefined;

  /**
   * Creates an error.
   *
   * @param code The status code.
   * @param rawMessage The status message for the caller.
   * @param options The optional parts of the error.
   * @throws {RangeError} If `code` is OK or not a status code.
   */
  constructor(code: Status, rawMessage: string = "", options: RpcErrorOptions = {}) {
    const { details = [], metadata = new Metadata(), path, cause, note, origin } = options;
    const where = path === undefined ? "" : ` ${path}`;
    const text = [rawMessage, note && `(${note})`].filter(Boolean).join(" ");
    super(`[${statusName(code)}]${where}${text && (where ? `: ${text}` : ` ${text}`)}`, { cause });
    if (code === Status.OK || Status[code] === undefined) {
      throw new RangeError(`RpcError: code is ${code}; use a status from 1 (CANCELLED) to 16 (UNAUTHENTICATED)`);
    }
    this.name = "RpcError";
    this.code = code;
    this.rawMessage = rawMessage;
    this.details = details;
    this.metadata = metadata;
    this.path = path;
    this.note = note;
    this.origin = origin;
  }

  /** Makes `instanceof` accept the errors of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === RpcError ? hasBrand(value, BRAND) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** The brand by which other copies of this package recognise the error. */
  get [BRAND](): true {
    return true;
  }

  /**
   * Converts any thrown value to an RpcError. An RpcError is returned unchanged. An `AbortError` becomes CANCELLED, and
   * a `TimeoutError` becomes DEADLINE_EXCEEDED. Any other value gets `code`, and its own text as the message.
   *
   * @param thrown The thrown value.
   * @param code The code of any other value. UNKNOWN by default.
   */
  static from(thrown: unknown, code: Status = Status.UNKNOWN): RpcError {
    if (thrown instanceof RpcError) return thrown;
    if (thrown instanceof Error) {
      if (thrown.name === "AbortError") code = Status.CANCELLED;
      if (thrown.name === "TimeoutError") code = Status.DEADLINE_EXCEEDED;
      return new RpcError(code, textOf(() => thrown.message), { cause: thrown });
    }
    return new RpcError(code, textOf(() => thrown), { cause: thrown });
  }

  /**
   * Returns the first detail of a type, decoded; undefined if there is none, or none that can be decoded.
   *
   * @param type The generated type, such as `BadRequest` of `@dinokit/dinokit/errors`.
   */
  detail<T>(type: MessageType<T>): T | undefined {
    return this.findDetails(type)[0];
  }

  /**
   * Returns all details of a type, decoded. Details that can't be decoded are left out.
   *
   * @param type The generated type.
   */
  findDetails<T>(type: MessageType<T>): T[] {
    return this.details.filter((detail) => detail.type === type.typeName).flatMap((detail) => {
      try {
        return [type.decode(detail.value)];
      } catch {
        return [];
      }
    });
  }
}

/**
 * Creates a detail for an {@linkcode RpcError}.
 *
 * @param type The generated type.
 * @param message The message.
 */
export function errorDetail<T>(type: MessageType<T>, message: Init<T>): ErrorDetail {
  return { type: type.typeName, value: type.encode(message) };
}

const BIZ_BRAND = Symbol.for("dinokit.BizError");

/**
 * An error of the application rather than of the RPC: Kitex's `BizStatusError`. A handler throws it, and the client's
 * call rejects with an equal error, also if the peer is a Kitex service. The call counts as answered: it is not
 * retried, and circuit breakers ignore it.
 */
export class BizError extends Error {
  /** The application's own error code: a 32-bit integer other than 0. */
  readonly code: number;
  /** Additional information as keys and values. */
  readonly extra: Readonly<Record<string, string>>;

  /**
   * Creates an error.
   *
   * @param code A 32-bit integer other than 0.
   * @param message The message for the caller.
   * @param extra Additional information as keys and values.
   * @throws {RangeError} If `code` is 0 or not a 32-bit integer.
   */
  constructor(code: number, message: string, extra: Readonly<Record<string, string>> = {}) {
    super(message);
    if (code === 0 || (code | 0) !== code) {
      throw new RangeError(`BizError: code is ${code}; use a 32-bit integer other than 0`);
    }
    this.name = "BizError";
    this.code = code;
    this.extra = extra;
  }

  /** Makes `instanceof` accept the errors of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === BizError ? hasBrand(value, BIZ_BRAND) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** The brand by which other copies of this package recognise the error. */
  get [BIZ_BRAND](): true {
    return true;
  }
}

function hasBrand(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && brand in value;
}

/** Returns the text of a value. Reading the value or converting it to a text may throw. */
function textOf(value: () => unknown): string {
  try {
    return String(value());
  } catch {
    return "an error without a text";
  }
}
