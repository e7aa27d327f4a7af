import { RpcError } from "../../rpc/error.ts";
import type { Call, Next } from "../../rpc/middleware.ts";
import { type AnySection, callable, given } from "../../base/options/fields.ts";
import type { Init, Method, Service } from "../../rpc/service.ts";
import type { ClientContext } from "./context.ts";

/**
 * Answers in place of a method whose call has failed, after all attempts. It receives the request that the caller gave;
 * a stream of requests may have been read already. An error that it throws reaches the caller.
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

/** The fallbacks of a service, by the names of its methods in TypeScript: `Fallbacks<typeof EchoService>`. */
export type Fallbacks<S extends Service> = {
  readonly [Name in keyof S["methods"]]?: Fallback<S["methods"][Name]>;
};

type AnyFallback = (error: RpcError, request: unknown, context: ClientContext) => unknown;

/** Returns the declaration of the option `fallback` of a client of a service. */
export function fallbackFields({ methods }: Service): AnySection {
  const fallback = callable("a function (error, request, context)");
  const fields = Object.fromEntries(Object.keys(methods).map((name) => [name, fallback]));
  return given(fields, '{ echo: (error, request) => ({ resp: "" }) }') as AnySection;
}

/** Puts a method's fallback, if there is one, around its calls. */
export function withFallback(
  { kind }: Method,
  fallback: unknown,
  next: Next<ClientContext>,
): Next<ClientContext> {
  if (fallback === undefined) return next;
  const answer = fallback as AnyFallback;
  if (kind === "unary" || kind === "client_streaming") return (call) => oneResponse(call, next, answer);
  return (call) => Promise.resolve(manyResponses(call, next, answer));
}

async function oneResponse(
  call: Call<ClientContext>,
  next: Next<ClientContext>,
  answer: AnyFallback,
): Promise<unknown> {
  try {
    return await next(call);
  } catch (error) {
    if (!isFailure(error, call)) throw error;
    return complete(call.method, await answer(error, call.request, call.context));
  }
}

/** The fallback's responses replace all responses of the service. They never follow some of them. */
async function* manyResponses(
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

/** Whether a fallback should answer: business errors are answers themselves, and a caller that gave up wants none. */
function isFailure(error: unknown, { context: { signal } }: Call<ClientContext>): error is RpcError {
  return error instanceof RpcError && !signal?.aborted;
}

/** The message as it would have come over the wire: fields that were left out have their defaults. */
const complete = ({ response }: Method, message: unknown) => response.decode(response.encode(message as never));
