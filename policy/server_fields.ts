import { INJECTION, METADATA_FIELD } from "./client_fields.ts";
import {
  type Fields,
  given,
  keyed,
  type Leaf,
  leaf,
  milliseconds,
  number,
  or,
  orFalse,
  orInfinity,
  required,
  type Section,
  whole,
} from "../base/options/fields.ts";
import type {
  ConcurrencyPolicy,
  OverloadPolicy,
  RatePolicy,
  ServerMethodPolicy,
  ServerPolicy,
} from "./server_policy.ts";

const limit = (): Leaf<number | "adaptive"> => {
  const { allowed, check } = whole(1);
  return leaf("number", `${allowed}, or "adaptive"`, (value) => value === "adaptive" ? value : check(value));
};

const by = (): Leaf<NonNullable<RatePolicy["by"]>> =>
  leaf("text", 'all, peer, or a field of metadata in lower case, for example "metadata:x-tenant"', (value) => {
    const field = typeof value === "string" && value.startsWith("metadata:") && value.slice("metadata:".length);
    return value === "all" || value === "peer" || field && METADATA_FIELD.test(field)
      ? value as RatePolicy["by"]
      : undefined;
  });

/** The declaration of a limit on the rate of calls. */
export const RATE: Section<RatePolicy, true> = orFalse<RatePolicy>({
  rate: required(number("a number above 0, in calls a second", Number.MIN_VALUE)),
  burst: whole(1, "calls"),
  by: or(by(), "all"),
});

/** The declaration of a limit on concurrent calls. */
export const CONCURRENCY: Section<ConcurrencyPolicy, true> = orFalse<ConcurrencyPolicy>({
  limit: or(limit(), "adaptive"),
  queue: or(whole(0), 100),
  queueTimeout: or(milliseconds(0), 500),
});

/** The declaration of overload. */
export const OVERLOAD: Section<OverloadPolicy, true> = orFalse<OverloadPolicy>({
  maxWait: or(milliseconds(10), 100),
  unreadyAfter: or(orInfinity(milliseconds(1000)), Infinity),
});

const METHOD: Fields<ServerMethodPolicy> = { rate: RATE, concurrency: CONCURRENCY, inject: INJECTION };

/** The declaration of `ServerPolicy`. */
export const SERVER_POLICY: Section<ServerPolicy> = given<ServerPolicy>({
  ...METHOD,
  overload: OVERLOAD,
  methods: keyed<ServerMethodPolicy>(given<ServerMethodPolicy>(METHOD)),
});
