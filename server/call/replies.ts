import { isAsyncIterable } from "../../rpc/bound_stream.ts";
import { type Method, streamsResponses } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus, MaybePromise, ServerCall } from "../../transport/transport.ts";
import type { CallContext } from "./context.ts";

const OK: CallStatus = { code: Status.OK, message: "" };

/** Ends a call that has failed. Never throws. */
export type Fail = (call: ServerCall, context: CallContext, thrown: unknown) => void;

/**
 * Sends what a handler returned, then the status. Returns undefined if both were sent at once: the response was no
 * promise and no stream, and there was room for it.
 */
export function answer(
  call: ServerCall,
  method: Method,
  context: CallContext,
  reply: unknown,
  fail: Fail,
): Promise<void> | undefined {
  if (streamsResponses(method.kind) || isPromise(reply)) return answerLater(call, method, context, reply, fail);
  const wait = sendReply(call, method, context, reply);
  if (wait) return wait.then(() => finish(call, context));
  finish(call, context);
}

async function answerLater(
  call: ServerCall,
  method: Method,
  context: CallContext,
  pending: unknown,
  fail: Fail,
): Promise<void> {
  const reply = await pending;
  if (!streamsResponses(method.kind)) await sendReply(call, method, context, reply);
  else {
    if (!isAsyncIterable(reply)) throw new TypeError(`the handler of ${method.path} returned no AsyncIterable`);
    for await (const message of reply) {
      if (call.signal.aborted) return;
      try {
        const wait = sendReply(call, method, context, message);
        if (wait) await wait;
      } catch (thrown) {
        // The call must fail before the loop ends, because leaving the loop closes the iterable, which may take long.
        return fail(call, context, thrown);
      }
    }
  }
  finish(call, context);
}

function sendReply(call: ServerCall, method: Method, context: CallContext, reply: unknown): MaybePromise<void> {
  context.flushHeader();
  return call.send(method.response.encode(reply as never), context.compression);
}

function finish(call: ServerCall, context: CallContext): void {
  // A stream may end without a message, so the header may not be sent yet.
  context.flushHeader();
  const trailer = context.endTrailer();
  call.finish(trailer === undefined ? OK : { code: Status.OK, message: "", trailer });
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
