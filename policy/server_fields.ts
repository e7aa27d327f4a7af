import { INJECTION, METADATA_FIELD } from "./client_fields.ts";
import {
  type Fields,
  given,
  keyed,
  type Leaf,
  leaf,
  milliseconds,
  number,
  orFalse,
  orInfinity,
  required,
  type Section,
  whole,
} from "../base/fields.ts";
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

const METHOD: Fields<ServerMethodPolicy> = {
  rate: orFalse<RatePolicy>({
    rate: required(number("a number above 0, in calls a second", Number.MIN_VALUE)),
    burst: whole(1, "calls"),
    by: by(),
  }),
  concurrency: orFalse<ConcurrencyPolicy>({
    limit: limit(),
    queue: whole(0),
    queueTimeout: milliseconds(0),
  }),
  inject: INJECTION,
};

/** The declaration of `ServerPolicy`. */
export const SERVER_POLICY: Section<ServerPolicy> = given<ServerPolicy>({
  ...METHOD,
  overload: orFalse<OverloadPolicy>({
    maxWait: milliseconds(10),
    unreadyAfter: orInfinity(milliseconds(1000)),
  }),
  methods: keyed<ServerMethodPolicy>(given<ServerMethodPolicy>(METHOD)),
});
