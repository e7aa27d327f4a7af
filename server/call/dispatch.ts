import { runInScope, type ServerContext } from "../../rpc/context.ts";
import { RpcError } from "../../rpc/error.ts";
import { excerpt } from "../../base/excerpt.ts";
import { isAsyncIterable } from "../../rpc/held_stream.ts";
import type { Logger } from "../../base/logger.ts";
import { compose, type Middleware, type Next } from "../../rpc/middleware.ts";
import { type Method, streamsRequests, streamsResponses } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus, MaybePromise, ServerCall } from "../../transport/transport.ts";
import type { Admission } from "../admission/admission.ts";
import type { Gate } from "../admission/gate.ts";
import { CallContext, type MetainfoRules, type Served } from "./context.ts";
import { type Decoder, isUnreadable, unreadable } from "./decoder.ts";
import type { Route } from "./handlers.ts";
import { notAgain, type Outcome, outcomeOf } from "./outcome.ts";

/** Code around every call that a server serves. */
export type ServerMiddleware = Middleware<ServerContext>;

/** What a dispatcher works with. */
export interface DispatchOptions {
  /** The server's name. */
  readonly name: string;
  readonly routes: ReadonlyMap<string, Route>;
  readonly middleware: readonly ServerMiddleware[];
  readonly metainfo: MetainfoRules;
  readonly admission: Admission;
  readonly decoder: Decoder;
  readonly logger: Logger;
}

/** A route with the middleware around its handler. */
interface ServedRoute extends Served {
  readonly end: Next<ServerContext>;
}

/** Ends a call that has failed. Never throws. */
type Fail = (call: ServerCall, context: CallContext, thrown: unknown) => void;

/** Leads each call to its handler and back: the returned function never throws. */
export function createDispatcher(
  { name, routes, middleware, metainfo, admission, decoder, logger }: DispatchOptions,
): (call: ServerCall) => void {
  const services = new Set([...routes.values()].map((route) => route.service));
  const gates = new Map<string, Gate>();
  for (const [path, route] of routes) {
    const last: Next<ServerContext> = ({ request, context }) => route.handler(request, context) as Promise<unknown>;
    const end = middleware.length === 0 ? last : compose(middleware, async (call) => await last(call));
    const served: ServedRoute = { route, source: { service: name, method: route.method.name }, end };
    gates.set(path, admission.gate(route.method, (call) => begin(call, served)));
  }
  const fail: Fail = (call, context, thrown) => {
    const { status, fault } = failureOf(thrown, call, context);
    if (fault && !isUnreadable(thrown)) {
      logger.error("handler failed", { path: call.path, peer: call.peer.address, error: thrown });
    }
    try {
      context.flushHeader();
    } catch (error) {
      logger.error("the header was not sent", { path: call.path, error });
    }
    try {
      call.finish(status);
    } catch (error) {
      logger.error("the status was not sent", { path: call.path, error });
    }
  };
  /** Resolves when the call has ended, if that takes time. Never rejects. */
  const begin = (call: ServerCall, served: ServedRoute): Promise<void> | undefined => {
    const { route, end } = served;
    const context = new CallContext(call, served, metainfo);
    try {
      // The whole of it runs in the scope, not only the handler: the body of an async generator runs where it is
      // iterated.
      const pending = runInScope(context, serve, call, route, context, end, decoder, fail);
      if (pending !== undefined) {
        return pending.then(() => call.hold?.(0), (thrown) => {
          fail(call, context, thrown);
          call.hold?.(0);
        });
      }
    } catch (thrown) {
      fail(call, context, thrown);
    }
    call.hold?.(0);
  };
  return (call) => {
    const gate = gates.get(call.path);
    if (gate === undefined) {
      return call.finish({ code: Status.UNIMPLEMENTED, message: unknownPath(call.path, services) });
    }
    // While others were served, the time of this one may have passed: nobody waits for what it would do.
    if (call.deadline !== undefined && call.deadline <= performance.now()) {
      admission.late();
      return call.finish(LATE);
    }
    gate.take(call);
  };
}

/**
 * Serves a call. Where the request is there and the handler answers at once, all of it is done in one go, without a
 * promise: that is what most calls of a busy server are.
 */
function serve(
  call: ServerCall,
  { method }: Route,
  context: CallContext,
  end: Next<ServerContext>,
  decoder: Decoder,
  fail: Fail,
): Promise<void> | undefined {
  if (streamsRequests(method.kind)) {
    return answer(call, method, context, end({ method, request: requests(call, method, decoder), context }), fail);
  }
  const first = call.receive();
  const second = first instanceof Uint8Array ? call.receive() : undefined;
  if (!(first instanceof Uint8Array) || second !== undefined) {
    return oneRequest(call, method, decoder, first, second)
      .then((request) => answer(call, method, context, end({ method, request, context }), fail));
  }
  const request = decoder.decode(call, method, first);
  return answer(call, method, context, end({ method, request, context }), fail);
}

function answer(
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
        // At once: to leave the loop closes the iterable, which may take long.
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
  // A stream may end without a message.
  context.flushHeader();
  const trailer = context.endTrailer();
  call.finish(trailer === undefined ? OK : { code: Status.OK, message: "", trailer });
}

const OK: CallStatus = { code: Status.OK, message: "" };
const LATE: CallStatus = { code: Status.DEADLINE_EXCEEDED, message: "the deadline passed before its turn came" };

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

async function oneRequest(
  call: ServerCall,
  method: Method,
  decoder: Decoder,
  pending: MaybePromise<Uint8Array | undefined>,
  next: MaybePromise<Uint8Array | undefined>,
): Promise<unknown> {
  let first, second;
  try {
    first = await pending;
    if (first !== undefined) second = await (next ?? call.receive());
  } catch (error) {
    throw unreadable(error);
  }
  if (first === undefined) {
    throw new RpcError(Status.UNIMPLEMENTED, `${method.name} takes one request, and none was sent`);
  }
  if (second !== undefined) {
    throw new RpcError(Status.UNIMPLEMENTED, `${method.name} takes one request, and more were sent`);
  }
  return decoder.decode(call, method, first);
}

async function* requests(call: ServerCall, method: Method, decoder: Decoder): AsyncGenerator<unknown, void, void> {
  for (;;) {
    let message;
    try {
      message = await call.receive();
    } catch (error) {
      throw unreadable(error);
    }
    if (message === undefined) return;
    const request = decoder.decode(call, method, message);
    message = undefined; // or it would be kept while the handler is busy
    yield request;
  }
}

/** The outcome of a failed call. An error whose own parts can't be sent is a fault like any other. */
function failureOf(thrown: unknown, call: ServerCall, context: CallContext): Outcome {
  try {
    const outcome = outcomeOf(reasonOf(thrown, call), context.endTrailer());
    return context.mustNotRepeat ? notAgain(outcome) : outcome;
  } catch (error) {
    return outcomeOf(error, undefined);
  }
}

/** What ended the call, where the handler only passes on that its signal aborted. */
function reasonOf(thrown: unknown, call: ServerCall): unknown {
  const aborted = thrown instanceof Error && thrown.name === "AbortError" && call.signal.aborted;
  return aborted ? call.signal.reason : thrown;
}

function unknownPath(path: string, services: ReadonlySet<string>): string {
  const [, service = "", method = ""] = path.split("/", 3);
  if (!services.has(service)) return `unknown service ${excerpt(service)}`;
  return `unknown method ${excerpt(method)} of service ${service}`;
}
