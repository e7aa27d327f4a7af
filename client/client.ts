import { inThisContext } from "../rpc/bound_stream.ts";
import { compose } from "../rpc/middleware.ts";
import { requirePermissions } from "../base/permissions.ts";
import { type Init, type Method, type Service, streamsResponses } from "../rpc/service.ts";
import { transportPermissions } from "../transport/choose.ts";
import type { CallOptions } from "./call/call_options.ts";
import { type ClientContext, contextOf } from "./call/context.ts";
import { withFallback } from "./call/fallback.ts";
import { ResponseStream } from "./call/response_stream.ts";
import { manyResponses, oneResponse } from "./call/responses.ts";
import { SharedState } from "./call/shared_state.ts";
import { registerState } from "./client_state.ts";
import { Channel } from "./instances/channel.ts";
import { type ClientOptions, clientSettings } from "./options.ts";

/** The function of a client that calls one method. Its form depends on the kind of call. */
export type ClientMethod<M> = M extends Method<infer Req, infer Res, infer Kind> ? {
    unary(request: Init<Req>, options?: CallOptions): Promise<Res>;
    client_streaming(requests: AsyncIterable<Init<Req>>, options?: CallOptions): Promise<Res>;
    server_streaming(request: Init<Req>, options?: CallOptions): AsyncIterable<Res>;
    bidi(requests: AsyncIterable<Init<Req>>, options?: CallOptions): AsyncIterable<Res>;
  }[Kind]
  : never;

/**
 * A client of a service, with a function for each of its methods. `await using` closes it, or `await
 * client[Symbol.asyncDispose]()`. It has no `close()`, because a method of the service may have that name.
 *
 * @example A function that takes a client.
 * ```ts
 * import type { Client } from "../mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * export const greet = (echo: Client<typeof EchoService>, name: string) => echo.echo({ mes: `hello, ${name}` });
 * ```
 */
export type Client<S extends Service> =
  & { readonly [Name in keyof S["methods"]]: ClientMethod<S["methods"][Name]> }
  & AsyncDisposable;

/**
 * Creates a client. It connects at the first call, reconnects after lost connections, and spreads calls over all
 * instances.
 *
 * A call that fails rejects with an {@linkcode RpcError} or a {@linkcode BizError}. A call with a stream of responses
 * starts when the stream is iterated, and is cancelled when the loop is left.
 *
 * A client that is closed waits for calls in flight until `drainTimeout`, then cancels them. A program with an
 * `address` may end without closing its client: connections without calls do not keep the process alive.
 *
 * @example
 * ```ts ignore
 * import { createClient } from "@dinokit/dinokit";
 * import { EchoService } from "./proto/echo.ts";
 *
 * await using echo = createClient(EchoService, { address: "127.0.0.1:8888" });
 * console.log(await echo.echo({ mes: "hello, world" }, { timeout: 500 }));
 * ```
 *
 * @param service The generated definition of the service.
 * @param options The client's options: at least `address`, or `name` and `resolver`.
 * @throws {TypeError} If an option is missing, unknown or malformed. The message names it.
 * @throws {RangeError} If a number is out of range.
 * @throws {Deno.errors.NotCapable} If a permission that the client needs is missing.
 */
export function createClient<S extends Service>(service: S, options: ClientOptions<NoInfer<S>>): Client<S> {
  const settings = clientSettings(service, options);
  requirePermissions(`createClient(${settings.target})`, [
    ...settings.resolver.permissions,
    ...options.policy?.permissions ?? [],
    ...transportPermissions(options.transport),
  ]);
  const channel = new Channel(settings, options.transport);
  const shared = new SharedState(channel, settings, options.allowInjection);
  const single = oneResponse(shared);
  const stream = manyResponses(shared);
  const client: Record<PropertyKey, unknown> = Object.create(null);
  for (const [name, method] of Object.entries(service.methods)) {
    const streams = streamsResponses(method.kind);
    const fallback = options.fallback?.[name];
    const innermost = withFallback(method, fallback, streams ? stream : single);
    const call = compose(options.middleware ?? [], innermost);
    const { policy } = settings;
    client[name] = streams
      ? (request: unknown, callOptions: CallOptions = {}) => {
        // The context is created now and not at the first iteration, which may happen in another scope.
        const context = contextOf(method, callOptions, policy.method(method));
        const start = (context: ClientContext) => call({ method, request, context });
        const runsUserCode = call !== innermost || fallback !== undefined;
        return new ResponseStream(context, runsUserCode ? inThisContext(start) : start);
      }
      // deno-lint-ignore require-await -- an error of contextOf must reject
      : async (request: unknown, callOptions: CallOptions = {}) =>
        call({ method, request, context: contextOf(method, callOptions, policy.method(method)) });
  }
  client[Symbol.asyncDispose] = () => {
    shared.closing.abort();
    return channel.close();
  };
  registerState(client, () => channel.state());
  return client as Client<S>;
}
