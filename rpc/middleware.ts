import { inThisContext } from "./bound_stream.ts";
import { type Method, streamsResponses } from "./service.ts";

/** A call as middleware sees it, on the server or the client. */
export interface Call<Context> {
  /** The called method. */
  readonly method: Method;
  /** The request. For client streaming and bidi, the `AsyncIterable` of requests. */
  readonly request: unknown;
  /** The context of the call: {@linkcode ServerContext} on a server, {@linkcode ClientContext} on a client. */
  readonly context: Context;
}

/**
 * Continues the call with the next layer, and at the end with the handler or the transport. Resolves with the response;
 * for server streaming and bidi, with the `AsyncIterable` of responses.
 */
export type Next<Context> = (call: Call<Context>) => Promise<unknown>;

/**
 * A function around every call. It sees the request before `next`, and the response or the error after it. The same
 * type serves all four kinds of call, on the server and the client.
 *
 * Values that `AsyncLocalStorage.run` sets around `next` are visible in the inner layers and in the handler, also in
 * generators. A client's middleware sees the values of the code that made the call.
 *
 * @example Logs how long calls take. For server streaming and bidi, `next` resolves when the stream begins, so this is
 * the time until then.
 * ```ts
 * import type { ServerMiddleware } from "../mod.ts";
 *
 * const timing: ServerMiddleware = async (call, next) => {
 *   const start = performance.now();
 *   try {
 *     return await next(call);
 *   } finally {
 *     console.log(call.method.path, performance.now() - start, "ms");
 *   }
 * };
 * ```
 */
export type Middleware<Context> = (call: Call<Context>, next: Next<Context>) => Promise<unknown>;

/**
 * Puts middleware around `last`. The first of the list is the outermost. The async context of a call to `next` holds in
 * all inner layers.
 */
export function compose<Context>(middleware: readonly Middleware<Context>[], last: Next<Context>): Next<Context> {
  return middleware.reduceRight<Next<Context>>((next, layer) => {
    const held: Next<Context> = (call) => streamsResponses(call.method.kind) ? inThisContext(next)(call) : next(call);
    return (call) => layer(call, held);
  }, last);
}
