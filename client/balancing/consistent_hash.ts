import { hash, mix } from "./hash.ts";
import type { Balancer, Candidate } from "./balancer.ts";
import { random } from "./random.ts";

/** How many calls in flight an instance may have, as a multiple of the mean for its weight. */
const MAX_LOAD_RATIO = 1.25;
/** An instance may always have this many calls in flight: a mean of few calls says nothing. */
const ALWAYS_ALLOWED_CALLS = 8;

/**
 * Picks the same instance for calls with the same key, in all clients, so that the instance's cache is of use. The key
 * is the value of the metadata field that the option `hashKey` names. Calls without a key go to a random instance.
 *
 * If an instance goes, only its keys move. If one comes, it takes over its share of the keys. While an instance has
 * more than 1.25 times the mean of the client's calls in flight (and at least 8), calls go to the key's next instance,
 * so that a key in high demand floods no instance. A pick takes O(n).
 *
 * @param chance Returns numbers from 0 to below 1. A seeded one makes tests repeatable.
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
 * Weighted rendezvous hashing: the instance that scores best with the key, of those with fewer calls in flight than
 * `room` times their weight.
 */
function highest<T extends Candidate>(candidates: readonly T[], points: Uint32Array, key: number, room: number): T {
  let best = Infinity;
  let chosen = candidates[0]!;
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index]!;
    const { weight } = candidate;
    const share = (mix(key, points[index]!) + 0.5) / 2 ** 32;
    // -log(x) is at least 1 - x, so most candidates need no logarithm.
    if ((1 - share) / weight >= best || candidate.inFlight >= Math.max(ALWAYS_ALLOWED_CALLS, room * weight)) continue;
    const score = -Math.log(share) / weight;
    if (score >= best) continue;
    best = score;
    chosen = candidate;
  }
  return chosen;
}
