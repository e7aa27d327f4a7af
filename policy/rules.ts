import type { Method } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import type {
  BreakerPolicy,
  ClientPolicy,
  HedgePolicy,
  InjectionPolicy,
  MethodPolicy,
  OutlierPolicy,
  RetryBudget,
  RetryPolicy,
  StatusName,
} from "./policy.ts";

/** A policy with every default filled in, and with statuses as codes. */
type Filled<T> = { readonly [K in keyof T]-?: K extends "statuses" ? ReadonlySet<Status> : T[K] };

/** The rules for retries of a method's calls. */
export type RetryRules = Filled<Omit<RetryPolicy, "perTryTimeout">> & Pick<RetryPolicy, "perTryTimeout">;
/** The rules for hedging a method's calls. */
export type HedgeRules = Filled<HedgePolicy>;
/** The rules for the circuit breaker of a method. */
export type BreakerRules = Filled<BreakerPolicy>;
/** The rules for the ejection of instances. */
export type OutlierRules = Filled<OutlierPolicy>;

/** The rules for the calls of one method: the method's policy over the service's policy over the defaults. */
export interface MethodRules {
  /** The timeout in milliseconds; undefined for no limit. */
  readonly timeout: number | undefined;
  /** Whether the timeout is the default, which yields to an existing deadline. */
  readonly isDefaultTimeout: boolean;
  readonly retry: RetryRules | undefined;
  readonly hedge: HedgeRules | undefined;
  readonly breaker: BreakerRules | undefined;
  readonly inject: InjectionPolicy | undefined;
}

/** The rules for the instances of a service. */
export interface ServiceRules
  extends Required<Pick<ClientPolicy, "balancer" | "slowStart" | "tags" | "meta" | "subset">> {
  readonly hashKey: string | undefined;
  readonly zone: string | undefined;
  readonly outliers: OutlierRules | undefined;
  readonly retryBudget: Required<RetryBudget>;
}

/** The defaults of retries. */
export const RETRY = { attempts: 3, backoff: 50, backoffMultiplier: 2, maxBackoff: 1000 };
const STATUSES: readonly StatusName[] = ["UNAVAILABLE"];
const BREAKER: BreakerRules = { failureRate: 0.5, samples: 20, window: 10_000, openTime: 5000, probes: 3 };
/** The defaults of ejection. */
export const OUTLIERS: OutlierRules = {
  consecutiveFailures: 5,
  failureRate: 0.85,
  deviations: 1.9,
  samples: 20,
  window: 10_000,
  ejectionTime: 5000,
  maxEjectionTime: 60_000,
  maxEjected: 0.5,
};

/**
 * Returns the rules for the calls of a method.
 *
 * @param policy A valid policy.
 */
export function methodRules(policy: ClientPolicy, method: Method): MethodRules {
  const own: MethodPolicy = policy.methods?.[method.name] ?? {};
  const said = { ...policy, ...own };
  const one = method.kind === "unary" || method.kind === "server_streaming";
  const hedge = one && said.hedge;
  const retry = said.retry ?? (method.idempotent && !hedge ? {} : false);
  return {
    timeout: method.kind === "unary" ? said.timeout ?? 10_000 : own.timeout,
    isDefaultTimeout: said.timeout === undefined,
    retry: retry ? { ...RETRY, ...retry, statuses: codes(retry.statuses) } : undefined,
    hedge: hedge ? { attempts: 2, ...hedge, statuses: codes(hedge.statuses) } : undefined,
    breaker: said.breaker ? { ...BREAKER, ...said.breaker } : undefined,
    inject: said.inject || undefined,
  };
}

/** Returns the rules for the instances of a service. */
export function serviceRules(policy: ClientPolicy): ServiceRules {
  const { balancer = "weighted_round_robin", slowStart = 0, tags = {}, meta = {}, subset = Infinity } = policy;
  const { hashKey, zone, outliers = {}, retryBudget = {} } = policy;
  return {
    balancer,
    slowStart,
    tags,
    meta,
    subset,
    hashKey,
    zone,
    outliers: outliers ? { ...OUTLIERS, ...outliers } : undefined,
    retryBudget: { tokens: 100, ratio: 0.1, ...retryBudget },
  };
}

const codes = (names: readonly StatusName[] = STATUSES) => new Set(names.map((name) => Status[name]));
