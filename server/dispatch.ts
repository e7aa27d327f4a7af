import { runInScope, type ServerContext } from "../rpc/context.ts";
import { RpcError } from "../rpc/error.ts";
import type { Logger } from "../rpc/logger.ts";
import { compose, type Middleware, type Next } from "../rpc/middleware.ts";
import type { Method } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import type { ServerCall } from "../transport/transport.ts";
import { CallContext, type MetainfoRules } from "./context.ts";
import { type Route, streamsRequests, streamsResponses } from "./handlers.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** Code around every call that a server serves. */
export type ServerMiddleware = Middleware<ServerContext>;

/** What a dispatcher works with. */
export interface DispatchOptions {
  readonly routes: ReadonlyMap<string, Route>;
  readonly middleware: readonly ServerMiddleware[];
  readonly metainfo: MetainfoRules;
  readonly logger: Logger;
}

/** Leads each call to its handler and back: the returned function never throws. */
export function createDispatcher(
  { routes, middleware, metainfo, logger }: DispatchOptions,
): (call: ServerCall) => void {
  const services = new Set([...routes.values()].map((route) => route.service));
  const ends = new Map<Route, Next<ServerContext>>();
  for (const route of routes.values()) {
    ends.set(route, compose(middleware, async ({ request, context }) => await route.handler(request, context)));
  }
  return (call) => {
    const route = routes.get(call.path);
    if (route === undefined) {
      return call.finish({ code: Status.UNIMPLEMENTED, message: unknownPath(call.path, services) });
    }
    const context = new CallContext(call, route, metainfo);
    // The whole of it runs in the scope, not only the handler: the body of an async generator runs where it is iterated.
    runInScope(context, () => serve(call, route, context, ends.get(route)!)).catch((thrown) => {
      const { status, fault } = failureOf(thrown, call, context);
      if (fault) logger.error("handler failed", { path: call.path, peer: call.peer.address, error: thrown });
      try {
        context.flushHeader();
      } catch (error) {
        logger.error("the header was not sent", { path: call.path, error });
      }
      call.finish(status);
    });
  };
}

async function serve(
  call: ServerCall,
  { method }: Route,
  context: CallContext,
  end: Next<ServerContext>,
): Promise<void> {
  const request = streamsRequests(method.kind) ? requests(call, method) : await oneRequest(call, method);
  const reply = await end({ method, request, context });
  if (!streamsResponses(method.kind)) {
    context.flushHeader();
    await call.send(method.response.encode(reply as never), context.compression);
  } else {
    if (!isAsyncIterable(reply)) throw new TypeError(`the handler of ${method.path} returned no AsyncIterable`);
    for await (const message of reply) {
      if (call.signal.aborted) return;
      context.flushHeader();
      await call.send(method.response.encode(message as never), context.compression);
    }
  }
  call.finish({ code: Status.OK, message: "", trailer: context.endTrailer() });
}

async function oneRequest(call: ServerCall, method: Method): Promise<unknown> {
  const first = await call.receive();
  if (first === undefined) {
    throw new RpcError(Status.UNIMPLEMENTED, `${method.name} takes one request, and none was sent`);
  }
  if (await call.receive() !== undefined) {
    throw new RpcError(Status.UNIMPLEMENTED, `${method.name} takes one request, and more were sent`);
  }
  return decode(method, first);
}

async function* requests(call: ServerCall, method: Method): AsyncGenerator<unknown, void, void> {
  for (;;) {
    const message = await call.receive();
    if (message === undefined) return;
    yield decode(method, message);
  }
}

function decode(method: Method, message: Uint8Array): unknown {
  try {
    return method.request.decode(message);
  } catch (cause) {
    throw new RpcError(Status.INTERNAL, `the request is no valid ${method.request.typeName}`, { cause });
  }
}

/** The outcome of a failed call. An error whose own parts can't be sent is a fault like any other. */
function failureOf(thrown: unknown, call: ServerCall, context: CallContext): Outcome {
  try {
    return outcomeOf(reasonOf(thrown, call), context.endTrailer());
  } catch (error) {
    return outcomeOf(error, undefined);
  }
}

/** What ended the call, where the handler only passes on that its signal aborted. */
function reasonOf(thrown: unknown, call: ServerCall): unknown {
  const aborted = thrown instanceof Error && thrown.name === "AbortError" && call.signal.aborted;
  return aborted ? call.signal.reason : thrown;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function unknownPath(path: string, services: ReadonlySet<string>): string {
  const [, service = "", method = ""] = path.split("/");
  return services.has(service) ? `unknown method ${method} of service ${service}` : `unknown service ${service}`;
}
