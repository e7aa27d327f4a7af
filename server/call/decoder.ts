import { RpcError } from "../../rpc/error.ts";
import type { DecodeBudget, Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { ServerCall } from "../../transport/transport.ts";

/**
 * The errors of requests that can't be read. They are not logged: they are not faults of the handler, and a client
 * could fill the log with them.
 */
const UNREADABLE = new WeakSet();

/** Marks an error as that of a request that can't be read. Returns the error. */
export function unreadable(error: unknown): unknown {
  UNREADABLE.add(error as WeakKey);
  return error;
}

/** Whether an error is marked by {@linkcode unreadable}. */
export const isUnreadable = (error: unknown): boolean => UNREADABLE.has(error as WeakKey);

/** Decodes requests within the limits of a server. */
export class Decoder {
  /** The number of requests that needed too much memory, or had maps with colliding keys. */
  excesses = 0;
  readonly #budget: DecodeBudget;

  /** @param limit The maximum memory of a decoded request, in bytes. */
  constructor(limit: number) {
    this.#budget = { limit, used: 0 };
  }

  /**
   * Decodes a request of a call. From then on the call accounts for the memory of this request instead of the previous
   * one.
   *
   * @throws {RpcError} RESOURCE_EXHAUSTED if the request, or all calls together, need too much memory; INTERNAL if the
   * request is malformed.
   */
  decode(call: ServerCall, { request: type }: Method, bytes: Uint8Array): unknown {
    const budget = this.#budget;
    budget.used = 0;
    let request: unknown;
    try {
      request = type.decode(bytes, budget);
    } catch (cause) {
      if (!(cause instanceof RpcError)) {
        throw unreadable(new RpcError(Status.INTERNAL, `the request is not a valid ${type.typeName}`, { cause }));
      }
      this.excesses++;
      throw unreadable(cause);
    }
    call.hold?.(budget.used);
    return request;
  }
}
