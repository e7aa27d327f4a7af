import { heldHere } from "../rpc/held_stream.ts";
import { compose } from "../rpc/middleware.ts";
import { requirePermissions } from "../base/permissions.ts";
import { type Init, type Method, type Service, streamsResponses } from "../rpc/service.ts";
import { transportPermissions } from "../transport/choose.ts";
import type { CallOptions } from "./call/call_options.ts";
import { type ClientContext, contextOf } from "./call/context.ts";
import { checkFallbacks, withFallback } from "./call/fallback.ts";
import { ResponseStream } from "./call/response_stream.ts";
import { manyResponses, oneResponse } from "./call/responses.ts";
import { SharedState } from "./call/shared_state.ts";
import { registerState } from "./client_state.ts";
import { Channel } from "./instances/channel.ts";
import { type ClientOptions, clientSettings } from "./options.ts";

/** The function that calls one method, by its kind of call. */
export type ClientMethod<M> = M extends Method<infer Req, infer Res, infer Kind> ? {
    unary(request: Init<Req>, options?: CallOptions): Promise<Res>;
    client_streaming(requests: AsyncIterable<Init<Req>>, options?: CallOptions): Promise<Res>;
    server_streaming(request: Init<Req>, options?: CallOptions): AsyncIterable<Res>;
    bidi(requests: AsyncIterable<Init<Req>>, options?: CallOptions): AsyncIterable<Res>;
  }[Kind]
  : never;

/**
 * A client of a service: one function for each of its methods. It is closed by `await using`, or by `await
 * client[Symbol.asyncDispose]()`, so that no name of a method is taken.
 *
 * @example A function that is given a client.
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
 * Makes a client. It connects at the first call, makes lost connections again, and spreads calls over all instances.
 *
 * Every call rejects with an {@linkcode RpcError} (or a {@linkcode BizError}) if it fails. A stream of responses starts
 * when it is iterated, and leaving the loop gives the call up. Closing the client waits for the calls in flight, for as
 * long as `drainTimeout`, then cancels them. A program with an `address` may end without closing it: connections
 * without calls do not keep the process.
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
 * @param service The generated definition.
 * @param options Where the service is, and all else.
 * @throws {TypeError} If an option is missing, unknown or malformed; the message names it.
 * @throws {RangeError} If a number is out of range.
 * @throws {Deno.errors.NotCapable} If a permission that it surely needs is missing.
 */
export function createClient<S extends Service>(service: S, options: ClientOptions<NoInfer<S>>): Client<S> {
  const settings = clientSettings(service, options);
  requirePermissions(`createClient(${settings.target})`, [
    ...settings.resolver.permissions,
    ...options.policy?.permissions ?? [],
    ...transportPermissions(options.transport),
  ]);
  const channel = new Channel(settings, options.transport);
  checkFallbacks(service, options.fallback);
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
        // The context is made now and not at the first iteration, which may happen in another scope.
        const context = contextOf(method, callOptions, policy.method(method));
        const start = (context: ClientContext) => call({ method, request, context });
        const runsUserCode = call !== innermost || fallback !== undefined;
        return new ResponseStream(context, runsUserCode ? heldHere(start) : start);
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
