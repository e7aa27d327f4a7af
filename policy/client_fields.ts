import { Status } from "../rpc/status.ts";
import {
  type Fields,
  given,
  keyed,
  type Leaf,
  list,
  milliseconds,
  number,
  oneOf,
  or,
  orFalse,
  orInfinity,
  required,
  type Section,
  share,
  text,
  whole,
} from "../base/options/fields.ts";
import type {
  BalancerName,
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

// The types of these fields are in call_policy.ts and policy.ts. Their values become rules in client_rules.ts.

/** A record, so that the compiler reports a missing name. */
const BALANCERS = {
  weighted_round_robin: true,
  random: true,
  p2c: true,
  least_in_flight: true,
  consistent_hash: true,
  pick_first: true,
} satisfies Record<BalancerName, true>;

const failure = (): Leaf<StatusName> => {
  const names = Object.keys(Status).filter((name) => !/^\d|^OK$/.test(name)) as StatusName[];
  return { ...oneOf(...names), allowed: 'the name of a status but OK, for example "UNAVAILABLE"' };
};

/** The form of a metadata field's name on the wire. */
export const METADATA_FIELD = /^(?!grpc-)(?!.*-bin$)[0-9a-z_.-]+$/;

/** The declaration of an injected fault. */
export const INJECTION: Section<InjectionPolicy, true> = orFalse<InjectionPolicy>({
  share: required(share(1, true)),
  delay: or(milliseconds(0), 0),
  status: failure(),
});

/** The timeout of calls. */
export const TIMEOUT: Leaf<number> = or(orInfinity(milliseconds()), 10_000);

/** The declaration of retries. */
export const RETRY: Section<RetryPolicy, true> = orFalse<RetryPolicy>({
  attempts: or(whole(2, "", 5), 3),
  statuses: or(list(failure(), 1), ["UNAVAILABLE"]),
  backoff: or(milliseconds(0), 50),
  backoffMultiplier: or(number("a number from 1 to 100", 1, 100), 2),
  maxBackoff: or(milliseconds(0), 1000),
  perTryTimeout: milliseconds(),
});

/** The declaration of hedging. */
export const HEDGE: Section<HedgePolicy, true> = orFalse<HedgePolicy>({
  delay: required(milliseconds(0)),
  attempts: or(whole(2, "", 5), 2),
  statuses: or(list(failure()), ["UNAVAILABLE"]),
});

/** The declaration of circuit breakers. */
export const BREAKER: Section<BreakerPolicy, true> = orFalse<BreakerPolicy>({
  failureRate: or(share(1, false), 0.5),
  samples: or(whole(1), 20),
  window: or(milliseconds(), 10_000),
  openTime: or(milliseconds(), 5000),
  probes: or(whole(1), 3),
});

/** The declaration of the ejection of instances. */
export const OUTLIERS: Section<OutlierPolicy, true> = orFalse<OutlierPolicy>({
  consecutiveFailures: or(whole(1), 5),
  failureRate: or(share(1, false), 0.85),
  deviations: or(number("a number of at least 0", 0), 1.9),
  samples: or(whole(1), 20),
  window: or(milliseconds(), 10_000),
  ejectionTime: or(milliseconds(), 5000),
  maxEjectionTime: or(milliseconds(), 60_000),
  maxEjected: or(share(0.5, true), 0.5),
});

/** The declaration of the limit on retries and hedges. */
export const RETRY_BUDGET: Section<RetryBudget> = given<RetryBudget>({
  tokens: or(number("a number from 1 to 1000", 1, 1000), 100),
  ratio: or(number("a number from 0.001 to 1000", 0.001, 1000), 0.1),
});

const METHOD: Fields<MethodPolicy> = {
  timeout: TIMEOUT,
  retry: RETRY,
  hedge: HEDGE,
  breaker: BREAKER,
  inject: INJECTION,
};

/** The declaration of `ClientPolicy`. */
export const CLIENT_POLICY: Section<ClientPolicy> = given<ClientPolicy>({
  ...METHOD,
  balancer: or(oneOf(...Object.keys(BALANCERS) as BalancerName[]), "weighted_round_robin"),
  hashKey: text('a field of metadata in lower case, for example "x-user"', METADATA_FIELD),
  slowStart: or(milliseconds(0), 0),
  tags: keyed<string>(text()),
  meta: keyed<string>(text()),
  zone: text("a text that is not empty", /./),
  subset: whole(1),
  outliers: OUTLIERS,
  retryBudget: RETRY_BUDGET,
  methods: keyed<MethodPolicy>(given<MethodPolicy>(METHOD)),
});
