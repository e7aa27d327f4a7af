import type { Scope } from "../../rpc/context.ts";
import { checkNumber } from "../../base/option_checks.ts";
import type { Method } from "../../rpc/service.ts";
import { momentOf, timeOfDay } from "../../base/time.ts";
import type { MethodRules } from "../../policy/rules.ts";
import type { ClientContext } from "./responses.ts";
import type { CallOptions } from "../options.ts";

/** The deadline of a call, as users see it and as it is kept. */
export interface TimeLimit {
  /** In whole milliseconds since 1970. */
  readonly deadline: number;
  /** In milliseconds of `performance.now()`. */
  readonly lateAt: number;
}

/** Where a context keeps its limit: the call lasts as long as it may, even if somebody sets the clock meanwhile. */
export const LIMIT: unique symbol = Symbol("time limit");

/** What a context has beside what users see. A copy that middleware makes has it too. */
export interface Timed {
  readonly [LIMIT]: TimeLimit | undefined;
}

/** When the call of a context is late, in milliseconds of `performance.now()`; undefined without a limit. Middleware may have set its deadline. */
export function lateAtOf({ deadline, [LIMIT]: limit }: ClientContext & Partial<Timed>): number | undefined {
  if (deadline === undefined) return undefined;
  return limit?.deadline === deadline ? limit.lateAt : momentOf(deadline);
}

/**
 * The earliest of what the call, the policy and the handler around it say. The policy's default yields to any of them.
 *
 * @throws {TypeError} If a time is no number.
 * @throws {RangeError} If a time is negative.
 */
export function limitOf(
  method: Method,
  { timeout, deadline }: CallOptions,
  { lateAt: around }: Scope,
  rules: MethodRules,
): TimeLimit | undefined {
  if (timeout === undefined) {
    if (deadline === undefined && !(rules.isDefaultTimeout && around !== undefined)) timeout = rules.timeout;
  } else if (timeout !== Infinity) checkNumber(`${method.path}: timeout`, timeout, 0);
  if (deadline !== undefined) checkNumber(`${method.path}: deadline`, deadline.valueOf(), 0);
  const own = deadline?.valueOf();
  if (timeout === undefined && own === undefined && around === undefined) return undefined;
  const now = performance.now();
  const given = own === undefined ? Infinity : momentOf(own, now);
  const lateAt = Math.min(around ?? Infinity, timeout === undefined ? Infinity : now + timeout, given);
  if (lateAt === Infinity) return undefined;
  return { deadline: lateAt === given ? own! : timeOfDay(lateAt, now), lateAt };
}
