import { assertEquals } from "@std/assert";
import type { Call } from "./load.ts";

/** The calls that failed. */
export const failed = (calls: readonly Call[]): Call[] => calls.filter(({ status }) => status !== "OK");

/** Asserts that no call failed; the message counts those that did, by error. */
export const assertNoneFailed = (calls: readonly Call[]): void =>
  assertEquals(countBy(failed(calls), ({ status, error }) => `${status}: ${error}`), {}, `of ${calls.length} calls`);

/** How many calls there are of each kind: `countBy(calls, (call) => call.status)`. */
export function countBy(calls: readonly Call[], key: (call: Call) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) counts[key(call)] = (counts[key(call)] ?? 0) + 1;
  return counts;
}

/** The share of the calls that went to an instance, from 0 to 1. */
export const shareOf = (calls: readonly Call[], address: string): number =>
  calls.filter(({ instance }) => instance === address).length / calls.length;

/** Returns the latency that the given percentage of the calls does not exceed, in milliseconds. */
export function percentile(calls: readonly Call[], hundredths: number): number {
  const sorted = calls.map(({ took }) => took).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * hundredths / 100))] ?? NaN;
}

/** The calls that began within a time, in milliseconds since 1970. */
export const between = (calls: readonly Call[], from: number, to = Infinity): Call[] =>
  calls.filter(({ at }) => at >= from && at < to);

/** Waits. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
