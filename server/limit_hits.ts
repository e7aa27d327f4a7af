import type { Limits } from "../transport/transport.ts";

/**
 * What a server counts in `limitHits`: beside the limits the calls that it refused by its policy, or did not begin as
 * their deadline had passed.
 */
export type LimitName = keyof Limits | "overload" | "rate" | "concurrency" | "deadline";

/** How often each limit was passed. */
export type LimitHits = ReadonlyMap<LimitName, number>;

/** Adds counts to a sum. */
export function addHits(sum: Map<LimitName, number>, more: LimitHits): void {
  for (const [limit, count] of more) sum.set(limit, (sum.get(limit) ?? 0) + count);
}
