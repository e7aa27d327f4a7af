import type { ServerContext } from "../../rpc/context.ts";
import { didYouMean } from "../../base/did_you_mean.ts";
import { checkObject } from "../../base/option_checks.ts";
import type { Init, Method, Service } from "../../rpc/service.ts";

/** What serves one method, by its kind of call: `Handler<typeof EchoService.methods.echo>`. */
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
 * @example In a file of their own.
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

/** A method that the server has, and what serves it. */
export interface Route {
  readonly service: string;
  readonly method: Method;
  readonly handler: (request: unknown, context: ServerContext) => unknown;
}

/**
 * The routes of a service, by path.
 *
 * @throws {TypeError} If a method has no handler or a handler no method; the message names it.
 */
export function routesOf<S extends Service>(service: S, handlers: Handlers<S>): Map<string, Route> {
  // A class may have them as static methods.
  if (typeof handlers !== "function") {
    checkObject("server.add: handlers", handlers, `an object with a function for each method of ${service.typeName}`);
  }
  const names = Object.keys(service.methods);
  for (const [name, value] of Object.entries(handlers)) {
    // What is no function is the state of an object whose methods are the handlers.
    if (typeof value === "function" && !Object.hasOwn(service.methods, name)) {
      throw new TypeError(
        `server.add: ${service.typeName} has no method ${JSON.stringify(name)}${didYouMean(name, names)}`,
      );
    }
  }
  const routes = new Map<string, Route>();
  for (const name of names) {
    const method = service.methods[name]!;
    // Read at each call, so that handlers may be the methods of an object that uses `this`.
    const owner = handlers as Record<string, Route["handler"]>;
    if (typeof owner[name] !== "function") {
      throw new TypeError(`server.add: the handler ${JSON.stringify(name)} of ${service.typeName} is missing`);
    }
    routes.set(method.path, {
      service: service.typeName,
      method,
      handler: (request, context) => owner[name]!(request, context),
    });
  }
  return routes;
}
