import type { Limits } from "../transport/transport.ts";
import type { Protection } from "./admission/refusals.ts";

/** What a server counts in `limitHits`. */
export type LimitName = keyof Limits | Protection;

/** How often each limit was passed. */
export type LimitHits = ReadonlyMap<LimitName, number>;

/** Adds counts to a sum. */
export function addHits(sum: Map<LimitName, number>, more: LimitHits): void {
  for (const [limit, count] of more) sum.set(limit, (sum.get(limit) ?? 0) + count);
}
