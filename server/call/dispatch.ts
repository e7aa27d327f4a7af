import { runInScope, type ServerContext } from "../../rpc/context.ts";
import { RpcError } from "../../rpc/error.ts";
import { excerpt } from "../../base/excerpt.ts";
import { isAsyncIterable } from "../../rpc/bound_stream.ts";
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

/** Middleware around every call of a server. */
export type ServerMiddleware = Middleware<ServerContext>;

/** The parts that a dispatcher uses. */
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

/**
 * Returns a function that serves a call: it runs the handler and sends the reply or the error. The function never
 * throws.
 */
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
  /**
   * Begins a call. Returns a promise that resolves when the call has ended, or undefined if it has ended already. Never
   * rejects.
   */
  const begin = (call: ServerCall, served: ServedRoute): Promise<void> | undefined => {
    const { route, end } = served;
    const context = new CallContext(call, served, metainfo);
    try {
      // All of `serve` runs in the scope, not only the handler: the body of an async generator runs in the scope that
      // iterates it.
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
    // The deadline may have passed while other calls were served. Then nobody waits for the result of this call.
    if (call.deadline !== undefined && call.deadline <= performance.now()) {
      admission.late();
      return call.finish(LATE);
    }
    gate.take(call);
  };
}

/**
 * Serves a call. If the request has arrived and the handler returns no promise, the call is served synchronously,
 * without a promise. Most calls of a busy server are of this kind.
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
        // The call must fail before the loop ends, because leaving the loop closes the iterable, which may take long.
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
  // A stream may end without a message, so the header may not be sent yet.
  context.flushHeader();
  const trailer = context.endTrailer();
  call.finish(trailer === undefined ? OK : { code: Status.OK, message: "", trailer });
}

const OK: CallStatus = { code: Status.OK, message: "" };
const LATE: CallStatus = { code: Status.DEADLINE_EXCEEDED, message: "the deadline passed before the call began" };

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
    message = undefined; // releases the bytes while the handler is busy
    yield request;
  }
}

/** Returns the outcome of a failed call. If the parts of the error can't be sent, that is a fault too. */
function failureOf(thrown: unknown, call: ServerCall, context: CallContext): Outcome {
  try {
    const outcome = outcomeOf(reasonOf(thrown, call), context.endTrailer());
    return context.mustNotRepeat ? notAgain(outcome) : outcome;
  } catch (error) {
    return outcomeOf(error, undefined);
  }
}

/**
 * Returns the error that ended the call: the reason of its signal, if the handler only rethrows that the signal
 * aborted.
 */
function reasonOf(thrown: unknown, call: ServerCall): unknown {
  const aborted = thrown instanceof Error && thrown.name === "AbortError" && call.signal.aborted;
  return aborted ? call.signal.reason : thrown;
}

function unknownPath(path: string, services: ReadonlySet<string>): string {
  const [, service = "", method = ""] = path.split("/", 3);
  if (!services.has(service)) return `unknown service ${excerpt(service)}`;
  return `unknown method ${excerpt(method)} of service ${service}`;
}
