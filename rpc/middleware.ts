import { heldHere } from "./held_stream.ts";
import { type Method, streamsResponses } from "./service.ts";

/** One call on its way through the middleware, on either side. */
export interface Call<Context> {
  /** The method that is called. */
  readonly method: Method;
  /** The request; for client streaming and bidi the `AsyncIterable` of requests. */
  readonly request: unknown;
  /** What the side knows of the call: {@linkcode ServerContext} on a server, {@linkcode ClientContext} on a client. */
  readonly context: Context;
}

/**
 * The rest of the way: resolves with the reply, or with an `AsyncIterable` of replies for server streaming and bidi.
 */
export type Next<Context> = (call: Call<Context>) => Promise<unknown>;

/**
 * Code around calls: it sees the request before it goes on, and the reply or the error when it comes back. One shape
 * serves all four kinds of call on both sides. What `AsyncLocalStorage` holds around `next` holds in the layers behind
 * it and in the handler, and what it holds where a method is called holds in the client's middleware; in the bodies of
 * generators too.
 *
 * @example How long calls take. A stream of replies has only begun when `next` resolves: of those, this is the time
 * until then.
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
 * Puts middleware around `last`: the first of the list is the outermost. What AsyncLocalStorage holds around `next`
 * holds in all behind it.
 */
export function compose<Context>(middleware: readonly Middleware<Context>[], last: Next<Context>): Next<Context> {
  return middleware.reduceRight<Next<Context>>((next, layer) => {
    const held: Next<Context> = (call) => streamsResponses(call.method.kind) ? heldHere(next)(call) : next(call);
    return (call) => layer(call, held);
  }, last);
}
