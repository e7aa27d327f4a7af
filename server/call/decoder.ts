import { RpcError } from "../../rpc/error.ts";
import type { DecodeBudget, Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { ServerCall } from "../../transport/transport.ts";

/**
 * The errors of requests that can't be read. They are no fault of the handler's: a caller could fill the log with them.
 */
const UNREADABLE = new WeakSet();

/** Marks the error of a request that can't be read. */
export function unreadable(error: unknown): unknown {
  UNREADABLE.add(error as WeakKey);
  return error;
}

/** Whether an error is that of a request which can't be read. */
export const isUnreadable = (error: unknown): boolean => UNREADABLE.has(error as WeakKey);

/** Decodes requests within the limits of a server. */
export class Decoder {
  /** How many requests would have taken too much memory, or had maps whose keys collide. */
  excesses = 0;
  readonly #budget: DecodeBudget;

  /**
   * Makes a decoder.
   *
   * @param limit The memory that a request may take, in bytes.
   */
  constructor(limit: number) {
    this.#budget = { limit, used: 0 };
  }

  /**
   * Decodes a request of a call, which holds its memory from then on in place of that of the request before.
   *
   * @throws {RpcError} RESOURCE_EXHAUSTED if it takes too much memory, or all calls do; INTERNAL if it is damaged.
   */
  decode(call: ServerCall, { request: type }: Method, bytes: Uint8Array): unknown {
    const budget = this.#budget;
    budget.used = 0;
    let request: unknown;
    try {
      request = type.decode(bytes, budget);
    } catch (cause) {
      if (!(cause instanceof RpcError)) {
        throw unreadable(new RpcError(Status.INTERNAL, `the request is no valid ${type.typeName}`, { cause }));
      }
      this.excesses++;
      throw unreadable(cause);
    }
    call.hold?.(budget.used);
    return request;
  }
}
