import { assert, assertEquals } from "@std/assert";
import { serviceRules } from "../../../policy/client_rules.ts";
import type { OutlierPolicy } from "../../../policy/policy.ts";
import { chance } from "../../../tests/candidates.ts";
import { OutlierDetector, type Suspect } from "./outlier_detector.ts";

const rulesOf = (outliers: OutlierPolicy | false = {}) => serviceRules({ outliers }).outliers;

/** A detector of instances 0 to `count - 1`, a clock that stands still until it is moved, and what was told. */
function setUp(count: number, policy: OutlierPolicy = {}) {
  const told: string[] = [];
  const clock = { now: 1_000_000 };
  const detector = new OutlierDetector<number>(rulesOf(policy), {
    ejected: (of, why, ms) => told.push(`${of} out for ${ms} ms: ${why}`),
    back: (of) => told.push(`${of} back`),
  }, () => clock.now);
  const suspects = Array.from({ length: count }, (_, of) => detector.add(of));
  const end = (of: number, failed: boolean | undefined, times = 1) => {
    for (let i = 0; i < times; i++) detector.ended(suspects[of]!, failed);
  };
  const probe = (usable: (of: number) => boolean = () => true) => {
    const of = detector.probe(usable);
    if (of !== undefined) detector.began(suspects[of]!);
    return of;
  };
  return { detector, suspects, clock, end, probe, told };
}

Deno.test("an instance is ejected after five consecutive failures, not earlier", () => {
  const { detector, end, told } = setUp(3);
  end(0, true, 4);
  end(0, false);
  end(0, true, 4);
  assertEquals(told, []);
  end(0, true);
  assertEquals([told, detector.ejected], [["0 out for 5000 ms: 5 failures in a row"], 1]);
});

Deno.test("calls that imply nothing about the instance neither count nor end a run of failures", () => {
  const { end, told } = setUp(3);
  end(0, true, 4);
  end(0, undefined, 10);
  assertEquals(told, []);
  end(0, true);
  assertEquals(told.length, 1);
});

Deno.test("if all instances fail alike, at most the first is ejected, and a run of failures that chance explains ejects none", () => {
  const all = setUp(10);
  for (let i = 0; i < 100; i++) for (let of = 0; of < 10; of++) all.end(of, true);
  assertEquals(all.detector.ejected, 0);

  // Every other request is a bad one, wherever it goes: rows of five are common.
  const random = chance(1);
  const half = setUp(10);
  for (let i = 0; i < 20_000; i++) {
    half.clock.now += 5;
    half.end(Math.floor(random() * 10), random() < 0.5);
    half.probe();
  }
  assert(half.told.length < 40, half.told.join("\n"));
});

Deno.test("an instance is ejected when most of its calls within the window fail and those of the others do not", () => {
  const { clock, end, told } = setUp(3);
  const calls = (failed: number) => {
    for (let i = 0; i < 20; i++) {
      for (const other of [1, 2]) end(other, false);
      end(0, i % 5 < failed); // never five in a row
    }
  };
  calls(4);
  assertEquals(told, [], "80 % are below the rate");
  clock.now += 10_000;
  for (let i = 0; i < 14; i++) {
    for (const other of [1, 2]) end(other, false);
    end(0, i % 7 > 0 && i % 7 < 5 || i % 7 === 6);
  }
  assertEquals(told, [], "too few samples since the window has passed");
  const strict = setUp(3, { failureRate: 0.5 });
  for (let i = 0; i < 20; i++) {
    for (const other of [1, 2]) strict.end(other, false);
    strict.end(0, i % 2 === 1);
  }
  assertEquals(strict.told, ["0 out for 5000 ms: 10 of 20 calls failed"]);
});

Deno.test("one of five instances with a success rate far below the mean is ejected; one of four is not, nor one slightly below", () => {
  const told = (count: number, every: number, policy?: OutlierPolicy) => {
    const { end, told } = setUp(count, policy);
    for (let i = 1; i <= 100; i++) {
      for (let of = 1; of < count; of++) end(of, false);
      end(0, i % every === 0);
    }
    return told;
  };
  assertEquals(told(5, 3), ["0 out for 5000 ms: 7 of 21 calls failed, the mean success rate is 93 %"]);
  assertEquals(told(4, 3), []);
  assertEquals(told(5, 25), []);
  assertEquals(told(5, 3, { deviations: 0 }), []);
});

Deno.test("the only instance is never ejected; of two or three one is, of ten half, and none with maxEjected 0", () => {
  const ejected = (count: number, policy?: OutlierPolicy) => {
    const { detector, end } = setUp(count, policy);
    // One after the other: each stands out.
    for (let of = 0; of < count; of++) {
      for (let other = 0; other < count; other++) if (other !== of) end(other, false, 100);
      end(of, true, 100);
    }
    return detector.ejected;
  };
  assertEquals([1, 2, 3, 4, 5, 10].map((count) => ejected(count)), [0, 1, 1, 2, 2, 5]);
  assertEquals([ejected(10, { maxEjected: 0.1 }), ejected(10, { maxEjected: 0 })], [1, 0]);
});

Deno.test("after the ejection one call at a time is a probe: success ends the ejection, failure makes it longer", () => {
  const { clock, end, probe, told } = setUp(3, { maxEjectionTime: 15_000 });
  end(0, true, 5);
  for (const ms of [5000, 10_000, 15_000, 15_000]) {
    clock.now += ms - 1;
    assertEquals(probe(), undefined, "too soon");
    end(0, false, 3); // began before its ejection
    clock.now += 1;
    assertEquals([probe(), probe()], [0, undefined], "one at a time");
    end(0, true);
  }
  clock.now += 15_000;
  assertEquals(probe(), 0);
  end(0, undefined); // cancelled: says nothing
  assertEquals(probe(), 0, "the next call");
  end(0, false);
  assertEquals(probe(), undefined);
  assertEquals(told.map((line) => line.split(":")[0]), [
    "0 out for 5000 ms",
    "0 out for 10000 ms",
    "0 out for 15000 ms",
    "0 out for 15000 ms",
    "0 out for 15000 ms",
    "0 back",
  ]);
});

Deno.test("an ejection is longer than the last if the instance fails again at once, and as long as the first if it behaved well", () => {
  const times = (well: number) => {
    const { clock, suspects, end, probe } = setUp(3);
    return [0, 1, 2].map(() => {
      clock.now += well;
      end(0, true, 5);
      clock.now += suspects[0]!.time;
      assertEquals(probe(), 0);
      end(0, false);
      return suspects[0]!.time;
    });
  };
  assertEquals(times(0), [5000, 10_000, 20_000]);
  assertEquals(times(10_000), [5000, 5000, 5000]);
});

Deno.test("a probe that never begins, or never ends, is followed by another probe", () => {
  const { detector, clock, end, probe } = setUp(3);
  end(0, true, 5);
  clock.now += 5000;
  assertEquals(probe(() => false), undefined, "it can't take this call");
  clock.now += 1000;
  assertEquals(detector.probe(() => true), 0);
  assertEquals(probe(), undefined);
  clock.now += 1000;
  assertEquals(probe(), 0);
  clock.now += 5000;
  assertEquals(probe(), 0);
});

Deno.test("new rules apply at once: without rules all ejections end, with a smaller share the excess ones", () => {
  const { detector, clock, end, told } = setUp(10);
  for (const one of [0, 1, 2]) end(one, true, 5), clock.now++;
  assertEquals(detector.ejected, 3);
  detector.change(rulesOf({ maxEjected: 0.2 }));
  assertEquals([detector.ejected, told.at(-1)], [2, "0 back"]);
  detector.change(rulesOf({ window: 1000, consecutiveFailures: 2, maxEjected: 0.5 }));
  end(4, true, 2);
  assertEquals(detector.ejected, 3);
  detector.change(undefined);
  end(5, true, 100);
  assertEquals(detector.ejected, 0);
});

Deno.test("the last calls of a removed instance do not count, and it does not count towards maxEjected", () => {
  const { detector, suspects, end, told } = setUp(4);
  detector.remove([suspects[3]!]);
  end(3, true, 50);
  assertEquals([told, detector.ejected], [[], 0]);
  end(0, true, 5);
  assertEquals([told.length, detector.ejected], [1, 1]);
});

Deno.test("while instances are added, fail, recover and are removed, maxEjected holds, and healthy ones always return", () => {
  for (let seed = 1; seed <= 20; seed++) simulate(seed);
});

function simulate(seed: number): void {
  const random = chance(seed);
  const rules = rulesOf({ maxEjected: [0.1, 0.3, 0.5][seed % 3]! })!;
  let now = 0;
  const detector = new OutlierDetector<{ failing: number }>(rules, { ejected() {}, back() {} }, () => now);
  const all: Suspect<{ failing: number }>[] = [];
  const within = () => {
    const most = all.length < 2 ? 0 : Math.max(1, Math.floor(all.length * rules.maxEjected));
    assert(detector.ejected <= most, `seed ${seed}: ${detector.ejected} of ${all.length} are ejected`);
    assertEquals(all.filter(({ until }) => until !== undefined).length, detector.ejected);
  };
  const call = () => {
    now += random() * 20;
    const due = detector.probe(() => true);
    const usable = all.filter(({ until }) => until === undefined);
    const one = all.find(({ of }) => of === due) ?? usable[Math.floor(random() * usable.length)]!;
    if (one.until !== undefined) detector.began(one);
    detector.ended(one, random() < 0.05 ? undefined : random() < one.of.failing);
    within();
  };
  for (let i = 0; i < 20_000; i++) {
    const dice = random();
    if (all.length < 2 || dice < 0.001 && all.length < 12) all.push(detector.add({ failing: 0 }));
    else if (dice < 0.002) detector.remove(all.splice(Math.floor(random() * all.length), 1));
    else if (dice < 0.004) {
      all[Math.floor(random() * all.length)]!.of.failing = [0, 0.1, 0.5, 1][Math.floor(random() * 4)]!;
    }
    within();
    call();
  }
  for (const { of } of all) of.failing = 0;
  for (let i = 0; i < 20_000 && detector.ejected > 0; i++) call();
  assertEquals(detector.ejected, 0, `seed ${seed}`);
}

Deno.test("the removal of many instances checks the ejected ones once", () => {
  let looks = 0;
  const detector = new OutlierDetector<number>(
    rulesOf(),
    { ejected() {}, back() {} },
    () => (looks++, 1_000_000),
  );
  const all = Array.from({ length: 1000 }, (_, of) => detector.add(of));
  for (const one of all.slice(0, 400)) for (let i = 0; i < 5; i++) detector.ended(one, true);
  assert(detector.ejected > 0, "some are ejected");
  looks = 0;
  detector.remove(all.slice(500));
  assertEquals(looks, 1);
});
