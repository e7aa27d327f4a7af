import type { Balancer, CallToBalance, Candidate } from "../client/balancing/balancer.ts";
import { seeded } from "./random.ts";

/** A candidate whose state a test sets. */
export type TestCandidate = { -readonly [K in keyof Candidate]: Candidate[K] };

/** Candidates `a:1`, `b:1`, ... of these weights, without calls. */
export function candidates(...weights: number[]): TestCandidate[] {
  return weights.map((weight, index) => ({
    instance: {
      address: `${index < 26 ? String.fromCharCode(97 + index) : index}:1`,
      weight,
      tags: new Map(),
      meta: new Map(),
    },
    weight,
    fullWeight: weight,
    inFlight: 0,
    latency: undefined,
  }));
}

/** In place of Math.random: the same seed gives the same numbers, so that a test passes always or never. */
export function chance(seed: number): () => number {
  const random = seeded(seed);
  return () => random(2 ** 32) / 2 ** 32;
}

/** Returns how many of `picks` picks each candidate gets. */
export function countPicks(balancer: Balancer, list: readonly Candidate[], picks: number, call: CallToBalance = {}) {
  const counts = list.map(() => 0);
  for (let i = 0; i < picks; i++) counts[list.indexOf(balancer.pick(list, call))]!++;
  return counts;
}

/** Fails unless each count is as near to its part of the sum as `tolerance`, a share of the sum, allows. */
export function assertShares(counts: readonly number[], parts: readonly number[], tolerance: number): void {
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  counts.forEach((count, index) => {
    const [share, wanted] = [count / sum(counts), parts[index]! / sum(parts)];
    if (Math.abs(share - wanted) <= tolerance) return;
    throw new Error(
      `number ${index} has the share ${share.toFixed(4)} of ${counts}, not ${wanted.toFixed(4)} ± ${tolerance}`,
    );
  });
}
