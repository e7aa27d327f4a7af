import type { Logger } from "../../base/logger.ts";
import { runInScope } from "../../rpc/context.ts";
import { streamsRequests } from "../../rpc/service.ts";
import type { Source } from "../../rpc/source_headers.ts";
import type { ServerCall } from "../../transport/transport.ts";
import { CallContext, type MetainfoRules, type ServedMethodInfo } from "./context.ts";
import { type Decoder, isUnreadable } from "./decoder.ts";
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
}

/** Serves the calls of one method: creates the context, decodes the request, runs the handler, sends the response. */
export class ServedMethod implements ServedMethodInfo {
  readonly route: Route;
  readonly source: Source;
  readonly #handler: CallHandler;
  readonly #metainfo: MetainfoRules;
  readonly #decoder: Decoder;
  readonly #logger: Logger;
  #warnedAt = -Infinity;

  /**
   * @param route The method and its handler.
   * @param handler The handler with the middleware around it.
   * @param options The parts that all methods share.
   */
  constructor(route: Route, handler: CallHandler, { name, metainfo, decoder, logger }: ServedMethodOptions) {
    this.route = route;
    this.source = { service: name, method: route.method.name };
    this.#handler = handler;
    this.#metainfo = metainfo;
    this.#decoder = decoder;
    this.#logger = logger;
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
        // `hold(0)` releases the memory accounted for the decoded request.
        return pending.then(() => call.hold?.(0), (thrown) => {
          this.#fail(call, context, thrown);
          call.hold?.(0);
        });
      }
    } catch (thrown) {
      this.#fail(call, context, thrown);
    }
    call.hold?.(0);
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
      this.#logger.error("handler failed", { path: call.path, peer: call.peer.address, error: thrown });
    }
    if (hidden) this.#logHidden(call, thrown);
    try {
      context.flushHeader();
    } catch (error) {
      this.#logger.error("the header was not sent", { path: call.path, error });
    }
    try {
      call.finish(status);
    } catch (error) {
      this.#logger.error("the status was not sent", { path: call.path, error });
    }
  };

  /** Logs the text that the caller does not get: as a warning at most once a second, else at level debug. */
  #logHidden(call: ServerCall, error: unknown): void {
    const now = performance.now();
    const isDue = now - this.#warnedAt >= WARN_INTERVAL_MS;
    if (isDue) this.#warnedAt = now;
    this.#logger[isDue ? "warn" : "debug"]("a call to another service failed", { path: call.path, error });
  }
}

/** Returns the outcome of a failed call. If the parts of the error can't be sent, that is a fault too. */
function failureOf(thrown: unknown, call: ServerCall, context: CallContext): Outcome {
  try {
    const outcome = outcomeOf(reasonOf(thrown, call), context.endTrailer());
    return context.mustNotRepeat ? forbidRetry(outcome) : outcome;
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
