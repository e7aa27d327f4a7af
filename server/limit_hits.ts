import type { Limits } from "../transport/transport.ts";

/**
 * The names in `limitHits` of a server: its limits, the protections of its policy that rejected calls, and `deadline`
 * for calls whose deadline had passed before they began.
 */
export type LimitName = keyof Limits | "overload" | "rate" | "concurrency" | "deadline";

/** How often each limit was exceeded. */
export type LimitHits = ReadonlyMap<LimitName, number>;

/** Adds the counts of `more` to `sum`. */
export function addHits(sum: Map<LimitName, number>, more: LimitHits): void {
  for (const [limit, count] of more) sum.set(limit, (sum.get(limit) ?? 0) + count);
}
