// Ranges and defaults are declared in server_fields.ts.

import { defined, withDefaults } from "../base/options/fields.ts";
import type { Method } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import { entryPath } from "../base/options/sourced.ts";
import { INJECTION } from "./client_fields.ts";
import type { InjectionPolicy } from "./policy.ts";
import { CONCURRENCY, OVERLOAD, RATE } from "./server_fields.ts";
import type { ConcurrencyPolicy, RatePolicy, ServerMethodPolicy, ServerPolicy } from "./server_policy.ts";

/** A limit on the rate of calls, with every default filled in. */
export interface RateRules extends Required<RatePolicy> {
  /** The option that set the limit, for messages: `"rate"` or `"methods.Echo.rate"`. */
  readonly option: string;
}

/** A limit on concurrent calls, with every default filled in. */
export interface ConcurrencyRules extends Required<ConcurrencyPolicy> {
  /** The option that set the limit, for messages. */
  readonly option: string;
}

/** The limits on the time that calls wait for the processor. */
export interface OverloadRules {
  readonly maxWait: number;
  /** In milliseconds; Infinity for never. */
  readonly unreadyAfter: number;
}

/** A fault to inject for drills. */
export interface InjectionRules {
  readonly share: number;
  readonly delay: number;
  readonly status: Status | undefined;
}

/** The rules that all calls of a server share. */
export interface SharedRules {
  readonly rate: RateRules | undefined;
  readonly concurrency: ConcurrencyRules | undefined;
  readonly overload: OverloadRules | undefined;
}

/** The rules for one method. */
export interface GateRules {
  /** A limit in addition to the server's. */
  readonly rate: RateRules | undefined;
  /** A limit in addition to the server's. */
  readonly concurrency: ConcurrencyRules | undefined;
  /** Faults that replace the server's. */
  readonly inject: InjectionRules | undefined;
}

/**
 * Returns the rules that all calls share.
 *
 * @param policy A valid policy.
 */
export function sharedRules({ rate, concurrency, overload = {} }: ServerPolicy): SharedRules {
  return {
    rate: rateRules(rate, "rate"),
    concurrency: concurrencyRules(concurrency, "concurrency"),
    overload: overload ? withDefaults(OVERLOAD, overload) : undefined,
  };
}

/** Returns the rules for one method. An entry for its path overrides an entry for its name. */
export function gateRules({ inject, methods = {} }: ServerPolicy, { name, path }: Method): GateRules {
  const [byName, byPath] = [methods[name] ?? {}, methods[path] ?? {}];
  const said: ServerMethodPolicy = { inject, ...defined(byName), ...defined(byPath) };
  const option = (field: "rate" | "concurrency") =>
    `${entryPath("methods", byPath[field] === undefined ? name : path)}.${field}`;
  return {
    rate: rateRules(said.rate, option("rate")),
    concurrency: concurrencyRules(said.concurrency, option("concurrency")),
    inject: injectionRules(said.inject),
  };
}

function rateRules(policy: RatePolicy | false | undefined, option: string): RateRules | undefined {
  if (!policy) return undefined;
  const { rate, burst = Math.max(1, Math.round(rate / 10)), by } = withDefaults(RATE, policy);
  return { rate, burst, by, option };
}

function concurrencyRules(policy: ConcurrencyPolicy | false | undefined, option: string): ConcurrencyRules | undefined {
  return policy ? { ...withDefaults(CONCURRENCY, policy), option } : undefined;
}

function injectionRules(policy: InjectionPolicy | false | undefined): InjectionRules | undefined {
  if (!policy) return undefined;
  const { share, delay, status } = withDefaults(INJECTION, policy);
  return { share, delay, status: status === undefined ? undefined : Status[status] };
}
