import { hash, mix } from "./hash.ts";
import type { Balancer, Candidate } from "./balancer.ts";
import { random } from "./random.ts";

/** How far above the mean, for its weight, an instance may be loaded. */
const MAX_LOAD_RATIO = 1.25;
/** So many calls are never too many: while there are few in all, one more or less than the mean says nothing. */
const ALWAYS_ALLOWED_CALLS = 8;

/**
 * Calls with the same key go to the same instance, chosen by all clients alike, so that what it has cached is of use.
 * The key is the value of the metadata field that the option `hashKey` names; calls without go to any. If an instance
 * goes, only its keys move, and each to another; if one comes, it takes over its share. One that has more than 1.25
 * times the mean of the client's calls in flight (and at least 8) passes what comes on to the key's next instance, so
 * that a key much in demand floods nobody. A pick takes O(n).
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
 */
export function consistentHash(chance: () => number = Math.random): Balancer {
  const keyless = random(chance);
  let list: readonly Candidate[] | undefined;
  let points = new Uint32Array();
  return {
    pick(candidates, call) {
      if (call.hashKey === undefined) return keyless.pick(candidates, call);
      if (candidates !== list) {
        list = candidates;
        points = Uint32Array.from(candidates, ({ instance }) => hash(instance.address));
      }
      const key = hash(call.hashKey);
      const owner = highest(candidates, points, key, Infinity);
      if (owner.inFlight < ALWAYS_ALLOWED_CALLS) return owner;
      let calls = 1;
      let weights = 0;
      for (const { inFlight, weight } of candidates) {
        calls += inFlight;
        weights += weight;
      }
      return highest(candidates, points, key, MAX_LOAD_RATIO * calls / weights);
    },
  };
}

/**
 * Weighted rendezvous hashing: of those with fewer calls in flight than `room` for each weight, the one that scores
 * best with the key.
 */
function highest<T extends Candidate>(candidates: readonly T[], points: Uint32Array, key: number, room: number): T {
  let best = Infinity;
  let chosen = candidates[0]!;
  for (let at = 0; at < candidates.length; at++) {
    const one = candidates[at]!;
    const { weight } = one;
    const share = (mix(key, points[at]!) + 0.5) / 2 ** 32;
    // -log(x) is at least 1 - x: most need no logarithm.
    if ((1 - share) / weight >= best || one.inFlight >= Math.max(ALWAYS_ALLOWED_CALLS, room * weight)) continue;
    const score = -Math.log(share) / weight;
    if (score >= best) continue;
    best = score;
    chosen = one;
  }
  return chosen;
}
