import { RpcError } from "../../rpc/error.ts";
import type { Call, Next } from "../../rpc/middleware.ts";
import { checkFunction, checkNames, checkObject } from "../../base/option_checks.ts";
import type { Init, Method, Service } from "../../rpc/service.ts";
import type { ClientContext } from "./context.ts";

/**
 * What answers in place of a service whose call has failed, for good. The request is what the caller gave; a stream of
 * requests may have been read already. What it throws reaches the caller.
 */
export type Fallback<M> = M extends Method<infer Req, infer Res, infer Kind> ? {
    unary(error: RpcError, request: Init<Req>, context: ClientContext): Init<Res> | Promise<Init<Res>>;
    client_streaming(
      error: RpcError,
      requests: AsyncIterable<Init<Req>>,
      context: ClientContext,
    ): Init<Res> | Promise<Init<Res>>;
    server_streaming(error: RpcError, request: Init<Req>, context: ClientContext): AsyncIterable<Init<Res>>;
    bidi(error: RpcError, requests: AsyncIterable<Init<Req>>, context: ClientContext): AsyncIterable<Init<Res>>;
  }[Kind]
  : never;

/** The fallbacks of a service, by the methods' names in TypeScript: `Fallbacks<typeof EchoService>`. */
export type Fallbacks<S extends Service> = {
  readonly [Name in keyof S["methods"]]?: Fallback<S["methods"][Name]>;
};

type AnyFallback = (error: RpcError, request: unknown, context: ClientContext) => unknown;

/**
 * Checks the fallbacks of a client.
 *
 * @throws {TypeError} If one is no function, or its method does not exist.
 */
export function checkFallbacks(service: Service, fallbacks: unknown): void {
  if (fallbacks === undefined) return;
  const who = "createClient: fallback";
  checkObject(who, fallbacks, '{ echo: (error, request) => ({ resp: "" }) }');
  checkNames(who, fallbacks as object, Object.keys(service.methods));
  for (const [name, one] of Object.entries(fallbacks as object)) {
    checkFunction(`${who}.${name}`, one, "a function (error, request, context)");
  }
}

/** Puts a fallback around a method's calls. */
export function withFallback(
  { kind }: Method,
  fallback: unknown,
  next: Next<ClientContext>,
): Next<ClientContext> {
  if (fallback === undefined) return next;
  const answer = fallback as AnyFallback;
  if (kind === "unary" || kind === "client_streaming") return (call) => one(call, next, answer);
  return (call) => Promise.resolve(many(call, next, answer));
}

async function one(call: Call<ClientContext>, next: Next<ClientContext>, answer: AnyFallback): Promise<unknown> {
  try {
    return await next(call);
  } catch (error) {
    if (!isFailure(error, call)) throw error;
    return complete(call.method, await answer(error, call.request, call.context));
  }
}

/** The fallback's responses come in place of all of them, never behind some. */
async function* many(
  call: Call<ClientContext>,
  next: Next<ClientContext>,
  answer: AnyFallback,
): AsyncGenerator<unknown, void> {
  let failure: RpcError | undefined;
  let begun = false;
  try {
    for await (const response of await next(call) as AsyncIterable<unknown>) {
      begun = true;
      yield response;
    }
  } catch (error) {
    if (begun || !isFailure(error, call)) throw error;
    failure = error;
  }
  if (failure === undefined) return;
  const responses = answer(failure, call.request, call.context) as AsyncIterable<unknown>;
  for await (const response of responses) yield complete(call.method, response);
}

/** The business's own errors are answers, and who has given up wants none. */
function isFailure(error: unknown, { context: { signal } }: Call<ClientContext>): error is RpcError {
  return error instanceof RpcError && !signal?.aborted;
}

/** A message as it would have come over the wire: with the defaults of what was left out. */
const complete = ({ response }: Method, message: unknown) => response.decode(response.encode(message as never));
