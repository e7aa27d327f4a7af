import { RpcError } from "../../rpc/error.ts";
import type { Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { MaybePromise, ServerCall } from "../../transport/transport.ts";
import { type Decoder, unreadable } from "./decoder.ts";

/**
 * Waits for the one request of a call, and for the end of the requests.
 *
 * @param pending The first message.
 * @param next The second message, if it was asked for already.
 * @throws {RpcError} UNIMPLEMENTED, as the gRPC spec says, if the call has no request, or more than one.
 */
export async function oneRequest(
  call: ServerCall,
  method: Method,
  decoder: Decoder,
  pending: MaybePromise<Uint8Array | undefined>,
  next: MaybePromise<Uint8Array | undefined>,
): Promise<unknown> {
  let first, second;
  try {
    first = await pending;
    if (first !== undefined) second = await (next ?? call.receive());
  } catch (error) {
    throw unreadable(error);
  }
  if (first === undefined) {
    throw new RpcError(Status.UNIMPLEMENTED, `${method.name} takes one request, and none was sent`);
  }
  if (second !== undefined) {
    throw new RpcError(Status.UNIMPLEMENTED, `${method.name} takes one request, and more were sent`);
  }
  return decoder.decode(call, method, first);
}

/** Yields the requests of a call as they arrive. */
export async function* requests(
  call: ServerCall,
  method: Method,
  decoder: Decoder,
): AsyncGenerator<unknown, void, void> {
  for (;;) {
    let message;
    try {
      message = await call.receive();
    } catch (error) {
      throw unreadable(error);
    }
    if (message === undefined) return;
    const request = decoder.decode(call, method, message);
    message = undefined; // releases the bytes while the handler is busy
    yield request;
  }
}
