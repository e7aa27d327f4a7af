/**
 * Balancers at work in virtual time: clients that call servers for minutes, within milliseconds.
 *
 * @module
 */

import { assert } from "@std/assert";
import { assertShares, candidates, chance, type TestCandidate } from "../../tests/candidates.ts";
import type { Balancer } from "./balancer.ts";
import { leastInFlight } from "./least_in_flight.ts";
import { p2c } from "./p2c.ts";
import { random } from "./random.ts";
import { slowStartShare } from "./slow_start.ts";
import { weightedRoundRobin } from "./weighted_round_robin.ts";

interface Setup {
  readonly balancer: (chance: () => number) => Balancer;
  /** The servers' weights. */
  readonly weights: readonly number[];
  readonly clients?: number;
  /** How many calls a second each client makes, at random times. */
  readonly rate: number;
  readonly seconds: number;
  /**
   * How long a call that begins now takes on a server, in milliseconds, with so many calls already there, of all
   * clients.
   */
  readonly takes: (server: number, now: number, calls: number) => number;
  /** The share of its weight that a server has now. */
  readonly share?: (server: number, now: number) => number;
}

/** What happened: how many calls each server got in each second, and how long each call took. */
interface Outcome {
  readonly calls: number[][];
  readonly times: number[];
}

/** Goes through the time by the millisecond. Each client sees only its own calls. */
function simulate({ balancer, weights, clients = 1, rate, seconds, takes, share }: Setup): Outcome {
  const dice = chance(11);
  const chances = chance(12);
  const views = Array.from({ length: clients }, () => ({ balancer: balancer(chances), list: candidates(...weights) }));
  const running = weights.map(() => 0);
  const ends = new Map<number, (() => void)[]>();
  const outcome: Outcome = { calls: [], times: [] };
  for (let now = 0; now < seconds * 1000; now++) {
    if (now % 1000 === 0) outcome.calls.push(weights.map(() => 0));
    ends.get(now)?.forEach((end) => end());
    ends.delete(now);
    for (const { balancer, list } of views) {
      list.forEach(fade);
      if (share) list.forEach((one, server) => one.weight = one.instance.weight * share(server, now));
      if (dice() >= rate / 1000) continue;
      const one = balancer.pick(list, {});
      const server = list.indexOf(one);
      const time = takes(server, now, running[server]!);
      outcome.calls.at(-1)![server]!++;
      outcome.times.push(time);
      running[server]!++;
      one.inFlight++;
      const at = now + Math.max(1, Math.round(time));
      if (!ends.has(at)) ends.set(at, []);
      ends.get(at)!.push(() => {
        running[server]!--;
        ended(one, time);
      });
    }
  }
  return outcome;
}

/** A slower answer counts at once, a faster one by and by. */
function ended(one: TestCandidate, time: number): void {
  one.inFlight--;
  const { latency = 0 } = one;
  one.latency = time > latency ? time : latency + 0.3 * (time - latency);
}

/** What a millisecond without a call leaves: in 5 seconds 1/e. */
function fade(one: TestCandidate): void {
  if (one.inFlight === 0 && one.latency !== undefined) one.latency *= 1 - 1 / 5000;
}

/** The calls of each server from one second to another. */
const between = ({ calls }: Outcome, from: number, to: number) =>
  calls.slice(from, to).reduce((sum, second) => sum.map((count, server) => count + second[server]!));

/** The share of server 0 in them. */
function shareOfFirst(outcome: Outcome, from: number, to: number): number {
  const counts = between(outcome, from, to);
  return counts[0]! / counts.reduce((a, b) => a + b);
}

const quantile = (times: number[], part: number) => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)]!;

Deno.test("weights 1, 2, 3 give their shares within 1 %, over all and in each ten seconds", () => {
  const outcome = simulate({
    balancer: weightedRoundRobin,
    weights: [10, 20, 30],
    rate: 200,
    seconds: 60,
    takes: () => 5,
  });
  for (let from = 0; from < 60; from += 10) assertShares(between(outcome, from, from + 10), [1, 2, 3], 0.01);
});

Deno.test("an instance of three that becomes 500 ms slower gets under 5 % of p2c's calls at once, p99 stays, and its third returns with its recovery", () => {
  const outcome = simulate({
    balancer: p2c,
    weights: [10, 10, 10],
    rate: 200,
    seconds: 80,
    takes: (server, now) => 4 + now % 3 + (server === 0 && now >= 10_000 && now < 40_000 ? 500 : 0),
  });
  assert(shareOfFirst(outcome, 0, 10) > 0.3);
  for (let from = 10; from < 40; from++) {
    const share = shareOfFirst(outcome, from, from + 1);
    assert(share < 0.05, `its share of second ${from} is ${share}`);
  }
  assert(quantile(outcome.times, 0.99) === 6);
  assert(shareOfFirst(outcome, 60, 80) > 0.3, `back to ${shareOfFirst(outcome, 60, 80)} 20 s after`);
});

Deno.test("p2c keeps to the weights while latencies vary but have the same distribution", () => {
  const dice = chance(77);
  const outcome = simulate({
    balancer: p2c,
    weights: [10, 20, 30],
    rate: 200,
    seconds: 60,
    takes: () => -5 * Math.log(1 - dice()),
  });
  assertShares(between(outcome, 0, 60), [1, 2, 3], 0.03);
});

Deno.test("an instance of three that hangs holds only a few calls of p2c and leastInFlight", () => {
  for (const balancer of [p2c, leastInFlight]) {
    const outcome = simulate({
      balancer,
      weights: [10, 10, 10],
      clients: 10,
      rate: 50,
      seconds: 20,
      takes: (server, now) => server === 0 && now >= 5000 ? Infinity : 5,
    });
    const hung = between(outcome, 5, 20)[0]!;
    assert(hung >= 10 && hung <= 30, `${hung} calls of 10 clients hang`);
  }
});

Deno.test("an instance that fails at once is a black hole for leastInFlight, hence ejection; round robin gives it a third", () => {
  const setup = { weights: [10, 10, 10], rate: 200, seconds: 20, takes: (server: number) => server === 0 ? 0 : 50 };
  const least = simulate({ ...setup, balancer: leastInFlight });
  assert(shareOfFirst(least, 0, 20) > 0.6, `its share is ${shareOfFirst(least, 0, 20)}`);
  const inTurn = simulate({ ...setup, balancer: weightedRoundRobin });
  assertShares(between(inTurn, 0, 20), [1, 1, 1], 0.01);
});

Deno.test("with one server at half speed, calls wait far less with p2c and leastInFlight than with round robin, and longest with random", () => {
  // Each does one call at a time; all together they are busy for more than half of the time, the slow one in its turn
  // for all of it.
  const p99 = (balancer: (chance: () => number) => Balancer) =>
    quantile(
      simulate({
        balancer,
        weights: [10, 10, 10, 10],
        clients: 4,
        rate: 100,
        seconds: 30,
        takes: (server, _now, calls) => (calls + 1) * (server === 0 ? 10 : 5),
      }).times,
      0.99,
    );
  const [knowing, inTurn, any] = [Math.max(p99(p2c), p99(leastInFlight)), p99(weightedRoundRobin), p99(random)];
  assert(knowing * 5 < inTurn && inTurn < any, `p99 is ${knowing}, in turn ${inTurn}, at random ${any} ms`);
});

Deno.test("a new instance's share grows over its slow start, with every balancer that counts weights", () => {
  for (const balancer of [weightedRoundRobin, random, p2c, leastInFlight]) {
    const outcome = simulate({
      balancer,
      weights: [10, 10, 10],
      clients: 5,
      rate: 100,
      seconds: 30,
      takes: () => 40,
      share: (server, now) => slowStartShare(server === 0 ? now - 5000 : Infinity, 20_000),
    });
    for (const at of [6, 10, 15, 20, 26]) {
      const own = slowStartShare((at + 1) * 1000 - 5000, 20_000);
      const [share, wanted] = [shareOfFirst(outcome, at, at + 2), own / (own + 2)];
      assert(Math.abs(share - wanted) < 0.03, `${balancer.name}: ${share} in second ${at}, not ${wanted}`);
    }
  }
});
