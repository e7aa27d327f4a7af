import { RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { readBackward } from "../../rpc/metainfo.ts";
import type { Call, Next } from "../../rpc/middleware.ts";
import type { Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { MethodRules } from "../../policy/client_rules.ts";
import { cancelled } from "../instances/wait.ts";
import type { Attempt } from "./attempts/attempt.ts";
import { hedged } from "./attempts/hedge.ts";
import { makeAttempt } from "./attempts/make_attempt.ts";
import { Outgoing } from "./attempts/outgoing.ts";
import { retried } from "./attempts/retry.ts";
import type { ClientContext } from "./context.ts";
import { enterBreaker, verdictOf } from "./enter_breaker.ts";
import { errorOf, withPath } from "./errors.ts";
import type { SharedState } from "./shared_state.ts";

/** The innermost layer of calls with one response: resolves with the response. */
export function oneResponse(shared: SharedState): Next<ClientContext> {
  return async (call) => {
    const { method, request, context } = call;
    const rules = shared.policy.method(method);
    const leaveBreaker = enterBreaker(shared, call, rules.breaker);
    let outgoing: Outgoing | undefined;
    let attempt: Attempt | undefined;
    try {
      outgoing = new Outgoing(method, request, context);
      attempt = await lastAttempt(shared, rules, outgoing);
      outgoing.forget();
      const { message } = attempt;
      if (message !== undefined && await attempt.receive() !== undefined) {
        throw wrongCount(method, "more came");
      }
      conclude(attempt, shared, rules, outgoing);
      if (message === undefined) {
        throw wrongCount(method, "none came");
      }
      const response = decode(method, message, shared);
      leaveBreaker?.("succeeded");
      return response;
    } catch (error) {
      leaveBreaker?.(verdictOf(error, call));
      throw error;
    } finally {
      attempt?.end();
      outgoing?.stop();
    }
  };
}

/**
 * The innermost layer of calls with a stream of responses: resolves with an iterable. The call starts at its first
 * `next()`.
 */
export function manyResponses(shared: SharedState): Next<ClientContext> {
  // deno-lint-ignore require-await -- the generator awaits
  return async (call) => responses(shared, shared.policy.method(call.method), call);
}

async function* responses(
  shared: SharedState,
  rules: MethodRules,
  call: Call<ClientContext>,
): AsyncGenerator<unknown, void> {
  const { method, request, context } = call;
  const leaveBreaker = enterBreaker(shared, call, rules.breaker);
  let outgoing: Outgoing | undefined;
  let attempt: Attempt | undefined;
  try {
    outgoing = new Outgoing(method, request, context);
    attempt = await lastAttempt(shared, rules, outgoing);
    outgoing.forget();
    let { message } = attempt;
    attempt.message = undefined;
    while (message !== undefined) {
      const response = decode(method, message, shared);
      message = undefined; // or it would be kept while the caller is busy
      // The first response counts: a stream may go on for ever.
      leaveBreaker?.("succeeded");
      yield response;
      message = await attempt.receive();
    }
    conclude(attempt, shared, rules, outgoing);
    leaveBreaker?.("succeeded");
  } catch (error) {
    leaveBreaker?.(verdictOf(error, call));
    throw error;
  } finally {
    // The caller left the loop before the first response, which cancels the call.
    leaveBreaker?.("unknown");
    attempt?.end();
    outgoing?.stop();
  }
}

/**
 * Makes the attempts that the policy allows. Resolves with the last one: its response has begun, or the call ends with
 * its status.
 */
function lastAttempt(shared: SharedState, rules: MethodRules, outgoing: Outgoing): Promise<Attempt> {
  if (rules.hedge) return hedged(shared, rules, rules.hedge, outgoing);
  if (rules.retry) return retried(shared, rules, rules.retry, outgoing);
  const { signal, options } = outgoing.context;
  return makeAttempt(shared, rules, outgoing, {
    signal,
    previous: 0,
    tried: undefined,
    expiresInSilence: false,
    onHeader: options.onHeader,
  });
}

/** Passes the trailer to the caller, and throws unless the call succeeded. */
function conclude(attempt: Attempt, shared: SharedState, { retry, hedge }: MethodRules, outgoing: Outgoing): void {
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
    if (retry ?? hedge) shared.budget.succeeded();
    return;
  }
  if (status.code === Status.CANCELLED && signal?.aborted) throw withPath(method, cancelled(signal));
  throw errorOf(status, method.path, attempt.note);
}

const wrongCount = ({ path }: Method, received: string) =>
  new RpcError(Status.UNIMPLEMENTED, `one response was expected, and ${received}`, { path, origin: "server" });

function decode(method: Method, message: Uint8Array, { memory }: SharedState): unknown {
  try {
    return method.response.decode(message, memory);
  } catch (cause) {
    if (cause instanceof RpcError) throw withPath(method, cause);
    throw new RpcError(Status.INTERNAL, `the response is not a valid ${method.response.typeName}`, {
      path: method.path,
      origin: "client",
      cause,
    });
  }
}
