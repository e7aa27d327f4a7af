import { Metadata } from "./metadata.ts";
import type { Init, MessageType } from "./service.ts";
import { Status, statusName } from "./status.ts";

/** A detail of an error: any protobuf message with its type (`google.protobuf.Any`). */
export interface ErrorDetail {
  /** The full name of its type, such as `"google.rpc.BadRequest"`. */
  readonly type: string;
  /** The encoded message. */
  readonly value: Uint8Array;
}

/** What an {@linkcode RpcError} can hold beside its code and text. */
export interface RpcErrorOptions {
  /** What the client can read by {@linkcode RpcError.findDetails}. @default {[]} */
  details?: readonly ErrorDetail[];
  /** The fields of the trailers. @default empty */
  metadata?: Metadata;
  /** The path of the method that failed, such as `"/echo.EchoService/Echo"`. */
  path?: string;
  /** What led to it; never sent to the other side. */
  cause?: unknown;
  /** What the client says of its attempts; never sent to the other side. */
  note?: string;
}

const BRAND = Symbol.for("dinokit.RpcError");

/**
 * An RPC that failed. A handler throws it to answer with a status; a client's call rejects with it.
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
  /** The text as it is on the wire, without code and path. */
  readonly rawMessage: string;
  /** The details that came with the status. */
  readonly details: readonly ErrorDetail[];
  /** The fields of the trailers. */
  readonly metadata: Metadata;
  /** The path of the method, where it is known. */
  readonly path: string | undefined;
  /** What the client says of its attempts: a part of `message`, not of `rawMessage`, so that it goes to nobody else. */
  readonly note: string | undefined;

  /**
   * Makes an error.
   *
   * @param code The status code.
   * @param rawMessage A text for whoever called.
   * @param options What else it holds.
   * @throws {RangeError} If `code` is OK or no status code.
   */
  constructor(code: Status, rawMessage: string = "", options: RpcErrorOptions = {}) {
    const { details = [], metadata = new Metadata(), path, cause, note } = options;
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
  }

  /** Recognises the errors of another copy of this package too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === RpcError ? hasBrand(value, BRAND) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** Marks the class for other copies of this package. */
  get [BRAND](): true {
    return true;
  }

  /**
   * Makes an RpcError of whatever was thrown: an RpcError stays itself, an `AbortError` is CANCELLED, a `TimeoutError`
   * DEADLINE_EXCEEDED, and anything else gets `code` and its own text.
   *
   * @param thrown What was thrown.
   * @param code The code of what is none of these. UNKNOWN by default.
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
   * The details of one type, decoded. Those that can't be decoded are left out.
   *
   * @param type The generated type, such as `BadRequest`.
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
 * A detail for an {@linkcode RpcError}.
 *
 * @param type The generated type.
 * @param message The message.
 */
export function errorDetail<T>(type: MessageType<T>, message: Init<T>): ErrorDetail {
  return { type: type.typeName, value: type.encode(message) };
}

const BIZ_BRAND = Symbol.for("dinokit.BizError");

/**
 * An error of the business, not of the RPC: Kitex's `BizStatusError`. A handler throws it, and the client's call
 * rejects with an equal one, also where the other side is Kitex. The call counts as answered: no retry, no circuit
 * breaker.
 */
export class BizError extends Error {
  /** The code, of the application's own numbering: a 32-bit integer other than 0. */
  readonly code: number;
  /** Further facts. */
  readonly extra: Readonly<Record<string, string>>;

  /**
   * Makes an error.
   *
   * @param code A 32-bit integer other than 0.
   * @param message The text for the caller.
   * @param extra Further facts.
   * @throws {RangeError} If `code` is no such number.
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

  /** Recognises the errors of another copy of this package too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === BizError ? hasBrand(value, BIZ_BRAND) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** Marks the class for other copies of this package. */
  get [BIZ_BRAND](): true {
    return true;
  }
}

function hasBrand(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && brand in value;
}

/** The text of a value that may refuse to have one. */
function textOf(value: () => unknown): string {
  try {
    return String(value());
  } catch {
    return "an error without a text";
  }
}
