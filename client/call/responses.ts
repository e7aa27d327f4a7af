import { currentScope } from "../../rpc/context.ts";
import { RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { addMetainfo, mergeMetainfo, readBackward } from "../../rpc/metainfo.ts";
import type { Call, Middleware } from "../../rpc/middleware.ts";
import { PREVIOUS_ATTEMPTS } from "../../rpc/retry_fields.ts";
import type { Method } from "../../rpc/service.ts";
import { type Source, SOURCE_METHOD, SOURCE_SERVICE } from "../../rpc/source.ts";
import { Status } from "../../rpc/status.ts";
import type { MethodRules } from "../../policy/rules.ts";
import type { Attempt } from "./attempts/attempt.ts";
import { begin } from "./attempts/make_attempt.ts";
import type { Guarded } from "./enter_breaker.ts";
import type { CallPath } from "./shared_state.ts";
import { cancelled } from "../instances/wait.ts";
import { hedged } from "./attempts/hedge.ts";
import { type CallOptions, checkCallOptions } from "../options.ts";
import { errorOf } from "./errors.ts";
import { Outgoing } from "./attempts/outgoing.ts";
import { retried } from "./attempts/retry.ts";
import { LIMIT, limitOf, type Timed } from "./time_limit.ts";

/** What a client knows of a call that it makes. Middleware may give the next layer another one. */
export interface ClientContext {
  /** What the caller asked for. */
  readonly options: CallOptions;
  /** When the call must have ended, in milliseconds since 1970; undefined without a limit. */
  readonly deadline: number | undefined;
  /** Gives the call up. */
  readonly signal: AbortSignal | undefined;
  /** What is sent: the call's own fields and all metainfo. */
  readonly metadata: Metadata;
  /** Who makes the call, for `source-service` and `source-method`; undefined where no handler does. */
  readonly source?: Source;
}

/** Code around every call that a client makes. */
export type ClientMiddleware = Middleware<ClientContext>;

/**
 * The context of a call: its own options, and what flows in from the handler or {@linkcode withMetainfo} around it.
 *
 * @param rules What holds for the method now.
 * @throws {TypeError} If an option is unknown or malformed, or its metadata can't be sent.
 * @throws {RangeError} If a time is negative.
 */
export function contextOf(method: Method, options: CallOptions, rules: MethodRules): ClientContext & Timed {
  checkCallOptions(method, options);
  const scope = currentScope();
  const metainfo = options.metainfo ? mergeMetainfo(scope.outgoing, options.metainfo) : scope.outgoing;
  const metadata = new Metadata(options.metadata);
  // A handler may pass on what it got: that was said of the call to it, not of this one.
  if (options.metadata instanceof Metadata) metadata.delete(PREVIOUS_ATTEMPTS);
  if (scope.source && metadata.size > 0) {
    metadata.delete(SOURCE_SERVICE);
    metadata.delete(SOURCE_METHOD);
  }
  const limit = limitOf(method, options, scope, rules);
  return {
    options,
    deadline: limit?.deadline,
    [LIMIT]: limit,
    signal: options.signal && scope.signal
      ? AbortSignal.any([options.signal, scope.signal])
      : options.signal ?? scope.signal,
    metadata: addMetainfo(metadata, metainfo),
    source: scope.source,
  };
}

/** The innermost end of a call with one response: resolves with it. */
export function oneResponse(path: CallPath): Guarded {
  return async ({ method, request, context }, rules) => {
    const outgoing = new Outgoing(method, request, context);
    let attempt: Attempt | undefined;
    try {
      attempt = await settle(path, rules, outgoing);
      outgoing.forget();
      const { message } = attempt;
      if (message !== undefined && await attempt.receive() !== undefined) {
        throw new RpcError(Status.UNIMPLEMENTED, "one response was expected, and more came", { path: method.path });
      }
      conclude(attempt, path, rules, outgoing);
      if (message === undefined) {
        throw new RpcError(Status.UNIMPLEMENTED, "one response was expected, and none came", { path: method.path });
      }
      return decode(method, message, path);
    } finally {
      attempt?.end();
      outgoing.stop();
    }
  };
}

/** The innermost end of a call with many responses: resolves with an iterable of them. */
export function manyResponses(path: CallPath): Guarded {
  // deno-lint-ignore require-await -- what is awaited stands in the generator
  return async (call, rules) => responses(path, rules, call);
}

async function* responses(
  path: CallPath,
  rules: MethodRules,
  { method, request, context }: Call<ClientContext>,
): AsyncGenerator<unknown, void> {
  const outgoing = new Outgoing(method, request, context);
  let attempt: Attempt | undefined;
  try {
    attempt = await settle(path, rules, outgoing);
    outgoing.forget();
    let { message } = attempt;
    attempt.message = undefined;
    while (message !== undefined) {
      const response = decode(method, message, path);
      message = undefined; // or it would be kept while the caller is busy
      yield response;
      message = await attempt.receive();
    }
    conclude(attempt, path, rules, outgoing);
  } finally {
    // Whoever leaves the loop early gives the call up.
    attempt?.end();
    outgoing.stop();
  }
}

/** The attempt that the call is left with: its response has begun, or it has ended and is not repeated. */
function settle(path: CallPath, rules: MethodRules, outgoing: Outgoing): Promise<Attempt> {
  if (rules.hedge) return hedged(path, rules, rules.hedge, outgoing);
  return rules.retry ? retried(path, rules, rules.retry, outgoing) : begin(path, rules, outgoing);
}

/** Tells the caller of the trailer, and throws unless the call succeeded. */
function conclude(attempt: Attempt, path: CallPath, { retry, hedge }: MethodRules, outgoing: Outgoing): void {
  const { method, context: { options, signal } } = outgoing;
  const status = attempt.status!;
  const trailer = status.trailer ?? new Metadata();
  options.onTrailer?.(trailer);
  if (options.onBackward) {
    const backward = readBackward(trailer);
    if (backward.size > 0) options.onBackward(backward);
  }
  const failure = attempt.headerFailure ?? outgoing.failure;
  if (failure) throw failure.error;
  if (status.code === Status.OK) {
    if (retry ?? hedge) path.budget.succeeded();
    return;
  }
  if (status.code === Status.CANCELLED && signal?.aborted) throw at(method, cancelled(signal));
  throw errorOf(status, method.path, attempt.note);
}

function decode(method: Method, message: Uint8Array, { memory }: CallPath): unknown {
  try {
    return method.response.decode(message, memory);
  } catch (cause) {
    if (cause instanceof RpcError) throw at(method, cause);
    throw new RpcError(Status.INTERNAL, `the response is no valid ${method.response.typeName}`, {
      path: method.path,
      cause,
    });
  }
}

/** The same error with the method's path. */
export function at(method: Method, error: unknown): unknown {
  if (!(error instanceof RpcError) || error.path !== undefined) return error;
  const { code, rawMessage, details, metadata, cause, note } = error;
  return new RpcError(code, rawMessage, { details, metadata, cause, note, path: method.path });
}
