import type { Scope } from "../../rpc/context.ts";
import { checkOption } from "../../base/options/check_options.ts";
import type { Method } from "../../rpc/service.ts";
import { momentOf, timeOfDay } from "../../base/time.ts";
import type { MethodRules } from "../../policy/client_rules.ts";
import { CALL_OPTIONS, type CallOptions } from "./call_options.ts";

/** The deadline of a call, on the clock that users see and on the clock that measures. */
export interface TimeLimit {
  /** In whole milliseconds since 1970. */
  readonly deadline: number;
  /** In milliseconds of `performance.now()`. */
  readonly lateAt: number;
}

/** The key under which a context holds its limit, so that a call keeps its time when somebody sets the clock. */
export const LIMIT: unique symbol = Symbol("time limit");

/** The part of a context that users do not see. Copies that middleware makes hold it too. */
export interface Timed {
  readonly [LIMIT]: TimeLimit | undefined;
}

/**
 * When the call of a context is late, in milliseconds of `performance.now()`; undefined without a limit. Middleware may
 * have changed the context's `deadline`: that one counts then.
 */
export function lateAtOf(context: { readonly deadline: number | undefined } & Partial<Timed>): number | undefined {
  const { deadline, [LIMIT]: limit } = context;
  if (deadline === undefined) return undefined;
  return limit?.deadline === deadline ? limit.lateAt : momentOf(deadline);
}

/**
 * The earliest limit of those that the call, the policy and the handler around it set. The policy's default timeout
 * counts only if no other limit is set.
 *
 * @throws {TypeError} If a time is not a number.
 * @throws {RangeError} If a time is negative.
 */
export function limitOf(
  method: Method,
  { timeout, deadline }: CallOptions,
  { lateAt: inherited }: Scope,
  rules: MethodRules,
): TimeLimit | undefined {
  if (timeout === undefined) {
    if (deadline === undefined && !(rules.isDefaultTimeout && inherited !== undefined)) timeout = rules.timeout;
  } else timeout = checkOption(method.path, "timeout", CALL_OPTIONS.timeout, timeout);
  if (deadline !== undefined) checkOption(method.path, "deadline", CALL_OPTIONS.deadline, deadline.valueOf());
  const own = deadline?.valueOf();
  if (timeout === undefined && own === undefined && inherited === undefined) return undefined;
  const now = performance.now();
  const given = own === undefined ? Infinity : momentOf(own, now);
  const lateAt = Math.min(inherited ?? Infinity, timeout === undefined ? Infinity : now + timeout, given);
  if (lateAt === Infinity) return undefined;
  return { deadline: lateAt === given ? own! : timeOfDay(lateAt, now), lateAt };
}
