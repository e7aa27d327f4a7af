import type { Logger } from "../../base/logger.ts";
import { runInScope } from "../../rpc/context.ts";
import type { DetachedWork } from "../../rpc/detached_work.ts";
import { streamsRequests } from "../../rpc/service.ts";
import type { Source } from "../../rpc/source_headers.ts";
import type { ServerCall } from "../../transport/transport.ts";
import { CallContext, type MetainfoRules, type ServedMethodInfo } from "./context.ts";
import { type Decoder, isUnreadable } from "./decoder.ts";
import type { Draining } from "./draining.ts";
import type { CallHandler, Route } from "./handlers.ts";
import { forbidRetry, type Outcome, outcomeOf } from "./outcome.ts";
import { answer } from "./replies.ts";
import { oneRequest, requests } from "./requests.ts";

/** The minimum time between two warnings about hidden texts of one method, in milliseconds. */
const WARN_INTERVAL_MS = 1000;

/** The parts that all methods of a server share. */
export interface ServedMethodOptions {
  /** The server's name. */
  readonly name: string;
  readonly metainfo: MetainfoRules;
  readonly decoder: Decoder;
  readonly logger: Logger;
  readonly draining: Draining;
  readonly detachedWork: DetachedWork;
}

/** Serves the calls of one method: creates the context, decodes the request, runs the handler, sends the response. */
export class ServedMethod implements ServedMethodInfo {
  readonly route: Route;
  readonly source: Source;
  readonly logger: Logger;
  readonly draining: Draining;
  readonly detachedWork: DetachedWork;
  readonly #handler: CallHandler;
  readonly #metainfo: MetainfoRules;
  readonly #decoder: Decoder;
  #warnedAt = -Infinity;

  /**
   * @param route The method and its handler.
   * @param handler The handler with the middleware around it.
   * @param options The parts that all methods share.
   */
  constructor(route: Route, handler: CallHandler, options: ServedMethodOptions) {
    const { name, metainfo, decoder, logger, draining, detachedWork } = options;
    this.route = route;
    this.source = { service: name, method: route.method.name };
    this.logger = logger;
    this.draining = draining;
    this.detachedWork = detachedWork;
    this.#handler = handler;
    this.#metainfo = metainfo;
    this.#decoder = decoder;
  }

  /**
   * Begins a call. Returns a promise that resolves when the call has ended, or undefined if it has ended already. Never
   * rejects.
   */
  readonly begin = (call: ServerCall): Promise<void> | undefined => {
    const context = new CallContext(call, this, this.#metainfo);
    try {
      // All of `#serve` runs in the scope, not only the handler: the body of an async generator runs in the scope that
      // iterates it.
      const pending = runInScope(context, this.#serve, call, context);
      if (pending !== undefined) {
        return pending.then(() => release(call, context), (thrown) => {
          this.#fail(call, context, thrown);
          release(call, context);
        });
      }
    } catch (thrown) {
      this.#fail(call, context, thrown);
    }
    release(call, context);
  };

  /**
   * Serves a call. If the request and the end of the requests have arrived and the handler returns no promise, the call
   * is served synchronously. Most calls of a busy server are of this kind.
   */
  readonly #serve = (call: ServerCall, context: CallContext): Promise<void> | undefined => {
    const { route: { method } } = this;
    if (streamsRequests(method.kind)) {
      return this.#run(call, context, requests(call, method, this.#decoder));
    }
    const first = call.receive();
    const second = first instanceof Uint8Array ? call.receive() : undefined;
    if (!(first instanceof Uint8Array) || second !== undefined) {
      return oneRequest(call, method, this.#decoder, first, second)
        .then((request) => this.#run(call, context, request));
    }
    const reply = this.#handler({ method, request: this.#decoder.decode(call, method, first), context });
    return answer(call, method, context, reply, this.#fail);
  };

  #run(call: ServerCall, context: CallContext, request: unknown): Promise<void> | undefined {
    const { route: { method } } = this;
    return answer(call, method, context, this.#handler({ method, request, context }), this.#fail);
  }

  /** Ends a call that has failed. Never throws. */
  readonly #fail = (call: ServerCall, context: CallContext, thrown: unknown): void => {
    const { status, fault, hidden } = failureOf(thrown, call, context);
    if (fault && !isUnreadable(thrown)) {
      context.logger.error("handler failed", { peer: call.peer.address, error: thrown });
    }
    if (hidden) this.#logHidden(context, thrown);
    try {
      context.flushHeader();
    } catch (error) {
      context.logger.error("the header was not sent", { error });
    }
    try {
      call.finish(status);
    } catch (error) {
      context.logger.error("the status was not sent", { error });
    }
  };

  /** Logs the text that the caller does not get: as a warning at most once a second, else at level debug. */
  #logHidden(context: CallContext, error: unknown): void {
    const now = performance.now();
    const isDue = now - this.#warnedAt >= WARN_INTERVAL_MS;
    if (isDue) this.#warnedAt = now;
    context.logger[isDue ? "warn" : "debug"]("a call to another service failed", { error });
  }
}

/** Releases what is held for a call that has ended. */
function release(call: ServerCall, context: CallContext): void {
  call.hold?.(0); // the memory of the decoded requests
  context.end();
}

/** Returns the outcome of a failed call. If the parts of the error can't be sent, that is a fault too. */
function failureOf(thrown: unknown, call: ServerCall, context: CallContext): Outcome {
  try {
    const outcome = outcomeOf(reasonOf(thrown, call), context.endTrailer(), context);
    return context.mustNotRepeat ? forbidRetry(outcome) : outcome;
  } catch (error) {
    return outcomeOf(error, undefined, context);
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
