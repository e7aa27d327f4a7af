// Ranges and defaults are declared in client_fields.ts.

import { withDefaults } from "../base/options/fields.ts";
import type { Method } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import { BREAKER, CLIENT_POLICY, HEDGE, OUTLIERS, RETRY, RETRY_BUDGET, TIMEOUT } from "./client_fields.ts";
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

/**
 * Returns the rules for the calls of a method.
 *
 * @param policy A valid policy.
 */
export function methodRules(policy: ClientPolicy, method: Method): MethodRules {
  const own: MethodPolicy = policy.methods?.[method.name] ?? {};
  const said = { ...policy, ...own };
  const hasOneRequest = method.kind === "unary" || method.kind === "server_streaming";
  const hedge = hasOneRequest && said.hedge;
  const retry = said.retry ?? (method.idempotent && !hedge ? {} : false);
  return {
    timeout: method.kind === "unary" ? said.timeout ?? TIMEOUT.fallback : own.timeout,
    isDefaultTimeout: said.timeout === undefined,
    retry: retry ? withCodes(withDefaults(RETRY, retry)) : undefined,
    hedge: hedge ? withCodes(withDefaults(HEDGE, hedge)) : undefined,
    breaker: said.breaker ? withDefaults(BREAKER, said.breaker) : undefined,
    inject: said.inject || undefined,
  };
}

/** Returns the rules for the instances of a service. */
export function serviceRules(policy: ClientPolicy): ServiceRules {
  const { balancer, slowStart } = withDefaults(CLIENT_POLICY, policy);
  const { tags = {}, meta = {}, subset = Infinity } = policy;
  const { hashKey, zone, outliers = {}, retryBudget = {} } = policy;
  return {
    balancer,
    slowStart,
    tags,
    meta,
    subset,
    hashKey,
    zone,
    outliers: outliers ? withDefaults(OUTLIERS, outliers) : undefined,
    retryBudget: withDefaults(RETRY_BUDGET, retryBudget),
  };
}

const withCodes = <T extends { readonly statuses: readonly StatusName[] }>(policy: T) => ({
  ...policy,
  statuses: new Set(policy.statuses.map((name) => Status[name])),
});
