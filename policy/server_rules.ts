import type { Method } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import { entryPath } from "./check.ts";
import type { ConcurrencyPolicy, InjectionPolicy, RatePolicy, ServerMethodPolicy, ServerPolicy } from "./policy.ts";

/** How many calls in a time, with every default filled in, and where that is said. */
export interface RateRules extends Required<RatePolicy> {
  /** The option, for messages: `"rate"` or `"methods.Echo.rate"`. */
  readonly option: string;
}

/** How many calls at a time. */
export interface ConcurrencyRules extends Required<ConcurrencyPolicy> {
  /** The option, for messages. */
  readonly option: string;
}

/** How long calls may wait for the processor. */
export interface OverloadRules {
  readonly maxWait: number;
  /** Infinity for never. */
  readonly unreadyAfter: number;
}

/** A fault for drills. */
export interface InjectionRules {
  readonly share: number;
  readonly delay: number;
  readonly status: Status | undefined;
}

/** What a server says of all of its calls together. */
export interface SharedRules {
  readonly rate: RateRules | undefined;
  readonly concurrency: ConcurrencyRules | undefined;
  readonly overload: OverloadRules | undefined;
}

/** What it says of one method. */
export interface GateRules {
  /** Beside the server's own. */
  readonly rate: RateRules | undefined;
  /** Beside the server's own. */
  readonly concurrency: ConcurrencyRules | undefined;
  /** In place of the server's own. */
  readonly inject: InjectionRules | undefined;
}

/**
 * The rules for all calls.
 *
 * @param policy What was checked before.
 */
export function sharedRules({ rate, concurrency, overload = {} }: ServerPolicy): SharedRules {
  return {
    rate: rateRules(rate, "rate"),
    concurrency: concurrencyRules(concurrency, "concurrency"),
    overload: overload ? { ...OVERLOAD, ...defined(overload) } : undefined,
  };
}

/** The rules for one method. What is said of its path goes before what is said of its name. */
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

const OVERLOAD: OverloadRules = { maxWait: 100, unreadyAfter: Infinity };
const CONCURRENCY = { limit: "adaptive", queue: 100, queueTimeout: 500 } as const;

function rateRules(policy: RatePolicy | false | undefined, option: string): RateRules | undefined {
  if (!policy) return undefined;
  const { rate, burst = Math.max(1, Math.round(rate / 10)), by = "all" } = policy;
  return { rate, burst, by, option };
}

function concurrencyRules(policy: ConcurrencyPolicy | false | undefined, option: string): ConcurrencyRules | undefined {
  return policy ? { ...CONCURRENCY, ...defined(policy), option } : undefined;
}

function injectionRules(policy: InjectionPolicy | false | undefined): InjectionRules | undefined {
  if (!policy) return undefined;
  const { share, delay = 0, status } = policy;
  return { share, delay, status: status === undefined ? undefined : Status[status] };
}

/** Without the fields that hold `undefined`, which must not hide a default. */
function defined<T extends object>(policy: T): T {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined)) as T;
}
