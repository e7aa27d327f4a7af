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
  orFalse,
  orInfinity,
  required,
  type Section,
  share,
  text,
  whole,
} from "../base/fields.ts";
import type {
  BalancerName,
  BreakerPolicy,
  ClientPolicy,
  HedgePolicy,
  InjectionPolicy,
  MethodPolicy,
  OutlierPolicy,
  RetryPolicy,
  StatusName,
} from "./policy.ts";

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
  delay: milliseconds(0),
  status: failure(),
});

const METHOD: Fields<MethodPolicy> = {
  timeout: orInfinity(milliseconds()),
  retry: orFalse<RetryPolicy>({
    attempts: whole(2, "", 5),
    statuses: list(failure(), 1),
    backoff: milliseconds(0),
    backoffMultiplier: number("a number from 1 to 100", 1, 100),
    maxBackoff: milliseconds(0),
    perTryTimeout: milliseconds(),
  }),
  hedge: orFalse<HedgePolicy>({
    delay: required(milliseconds(0)),
    attempts: whole(2, "", 5),
    statuses: list(failure()),
  }),
  breaker: orFalse<BreakerPolicy>({
    failureRate: share(1, false),
    samples: whole(1),
    window: milliseconds(),
    openTime: milliseconds(),
    probes: whole(1),
  }),
  inject: INJECTION,
};

/** The declaration of `ClientPolicy`. */
export const CLIENT_POLICY: Section<ClientPolicy> = given<ClientPolicy>({
  ...METHOD,
  balancer: oneOf(...Object.keys(BALANCERS) as BalancerName[]),
  hashKey: text('a field of metadata in lower case, for example "x-user"', METADATA_FIELD),
  slowStart: milliseconds(0),
  tags: keyed<string>(text()),
  meta: keyed<string>(text()),
  zone: text("a text that is not empty", /./),
  subset: whole(1),
  outliers: orFalse<OutlierPolicy>({
    consecutiveFailures: whole(1),
    failureRate: share(1, false),
    deviations: number("a number of at least 0", 0),
    samples: whole(1),
    window: milliseconds(),
    ejectionTime: milliseconds(),
    maxEjectionTime: milliseconds(),
    maxEjected: share(0.5, true),
  }),
  retryBudget: given({
    tokens: number("a number from 1 to 1000", 1, 1000),
    ratio: number("a number from 0.001 to 1000", 0.001, 1000),
  }),
  methods: keyed<MethodPolicy>(given<MethodPolicy>(METHOD)),
});
