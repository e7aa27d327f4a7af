import type { ServerContext } from "../../rpc/context.ts";
import { didYouMean } from "../../base/text/did_you_mean.ts";
import { checkOption } from "../../base/options/check_options.ts";
import { object } from "../../base/options/fields.ts";
import type { Call } from "../../rpc/middleware.ts";
import type { Init, Method, Service } from "../../rpc/service.ts";

/** The handler of one method, by its kind of call: `Handler<typeof EchoService.methods.echo>`. */
export type Handler<M> = M extends Method<infer Req, infer Res, infer Kind> ? {
    unary(request: Req, context: ServerContext): Init<Res> | Promise<Init<Res>>;
    client_streaming(requests: AsyncIterable<Req>, context: ServerContext): Init<Res> | Promise<Init<Res>>;
    server_streaming(request: Req, context: ServerContext): AsyncIterable<Init<Res>>;
    bidi(requests: AsyncIterable<Req>, context: ServerContext): AsyncIterable<Init<Res>>;
  }[Kind]
  : never;

/**
 * The handlers of a service: one function for each of its methods.
 *
 * @example Handlers in a file of their own.
 * ```ts
 * import type { Handlers } from "../../mod.ts";
 * import { EchoService } from "../../proto/echo.ts";
 *
 * export const handlers: Handlers<typeof EchoService> = {
 *   echo: ({ mes }) => ({ resp: mes }),
 * };
 * ```
 */
export type Handlers<S extends Service> = { [Name in keyof S["methods"]]: Handler<S["methods"][Name]> };

/** Calls a handler. Returns its response, a promise of it, or an AsyncIterable of responses. */
export type CallHandler = (call: Call<ServerContext>) => unknown;

/** A method of the server with its handler. */
export interface Route {
  readonly service: string;
  readonly method: Method;
  readonly handler: CallHandler;
}

/**
 * Returns the routes of a service, by path.
 *
 * @throws {TypeError} If a method has no handler, or a handler has no method. The error names it.
 */
export function routesOf<S extends Service>(service: S, handlers: Handlers<S>): Map<string, Route> {
  // A class, which is a function, may have the handlers as static methods.
  if (typeof handlers !== "function") {
    const allowed = object(`an object with a function for each method of ${service.typeName}`);
    checkOption("server.add", "handlers", allowed, handlers);
  }
  const names = Object.keys(service.methods);
  for (const [name, value] of Object.entries(handlers)) {
    // Other values than functions are the state of an object whose methods are the handlers.
    if (typeof value === "function" && !Object.hasOwn(service.methods, name)) {
      throw new TypeError(
        `server.add: ${service.typeName} has no method ${JSON.stringify(name)}${didYouMean(name, names)}`,
      );
    }
  }
  const routes = new Map<string, Route>();
  for (const name of names) {
    const method = service.methods[name]!;
    // The handler is called as a method of its object, so that it may use `this`.
    const owner = handlers as Record<string, (request: unknown, context: ServerContext) => unknown>;
    if (typeof owner[name] !== "function") {
      throw new TypeError(`server.add: the handler ${JSON.stringify(name)} of ${service.typeName} is missing`);
    }
    routes.set(method.path, {
      service: service.typeName,
      method,
      handler: ({ request, context }) => owner[name]!(request, context),
    });
  }
  return routes;
}
