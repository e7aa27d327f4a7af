import { assert } from "@std/assert";
import { seeded } from "../../tests/random.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";

const random = seeded(7);

/**
 * Simulates a load: `wanted` concurrent calls, but no more than the limit allows. A call takes about `time(inFlight)`
 * milliseconds. Returns the number of calls that ended in each second.
 */
function load(limit: AdaptiveLimit, seconds: number, wanted: number, time: (inFlight: number) => number, start = 0) {
  const ends: { at: number; began: number }[] = [];
  const perSecond = Array<number>(seconds).fill(0);
  for (let now = start; now < start + seconds * 1000; now++) {
    for (let i = ends.length; i-- > 0;) {
      if (ends[i]!.at > now) continue;
      limit.ended(ends[i]!.began, now);
      ends.splice(i, 1);
      perSecond[Math.floor((now - start) / 1000)]!++;
    }
    while (ends.length < Math.min(limit.limit, wanted)) {
      limit.began(ends.length + 1);
      ends.push({ at: now + time(ends.length + 1) * (0.8 + random(400) / 1000), began: now });
    }
  }
  return perSecond;
}

/** A backend pool: a call takes `milliseconds`, or longer if there are more calls than `connections`. */
const pool = (connections: number, milliseconds: number) => (inFlight: number) =>
  milliseconds * Math.max(1, inFlight / connections);

const last = (perSecond: number[]) => perSecond.at(-1)!;

Deno.test("AdaptiveLimit finds the number of concurrent calls that a backend pool can serve, small or large", () => {
  for (const connections of [5, 10, 100]) {
    const limit = new AdaptiveLimit();
    const served = last(load(limit, 30, 10_000, pool(connections, 20)));
    assert(served > 0.85 * connections * 50, `${served} of ${connections * 50} calls a second`);
    assert(limit.limit < 5 * Math.max(connections, 20), `${limit.limit} at a time for ${connections}`);
  }
});

Deno.test("AdaptiveLimit follows a pool that becomes slower and fast again", () => {
  const limit = new AdaptiveLimit();
  load(limit, 20, 10_000, pool(100, 20));
  const slow = load(limit, 20, 10_000, pool(100, 60), 20_000);
  assert(last(slow) > 0.8 * 100 / 0.06, `${last(slow)} calls a second while it is slow`);
  const back = load(limit, 20, 10_000, pool(100, 20), 40_000);
  assert(last(back) > 0.8 * 5000, `${last(back)} calls a second when it is fast again`);
});

Deno.test("AdaptiveLimit does not restrict a mix of fast and slow calls", () => {
  const limit = new AdaptiveLimit();
  let n = 0;
  const served = last(load(limit, 30, 200, () => n++ % 5 === 0 ? 400 : 5));
  const all = 200 / 0.084 * 0.8;
  assert(served > all, `${served} calls a second, more than ${all}`);
});

Deno.test("AdaptiveLimit does not grow if it is not reached", () => {
  const limit = new AdaptiveLimit();
  const before = limit.limit;
  load(limit, 20, 5, pool(100, 20));
  assert(limit.limit === before);
});
