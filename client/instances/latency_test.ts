import { assert, assertEquals } from "@std/assert";
import { Latency } from "./latency.ts";

/** The latency after these answers, one each 10 ms, and after a further pause in milliseconds. */
function after(answers: number[], wait = 0): number | undefined {
  const latency = new Latency();
  let now = 0;
  for (const answer of answers) latency.observe(answer, now += 10);
  return latency.at(now + wait);
}

const times = (count: number, answer: number) => Array<number>(count).fill(answer);

Deno.test("the latency is unknown before the first response, then it is that of the response", () => {
  assertEquals([after([]), after([7])], [undefined, 7]);
});

Deno.test("a slow response counts at once, and decays gradually", () => {
  const steady = after(times(100, 2))!;
  const slow = after([...times(100, 2), 500])!;
  assert(steady > 1.9 && steady <= 2);
  assertEquals(slow, 500);
  const soon = after([...times(100, 2), 500, ...times(100, 2)])!;
  const later = after([...times(100, 2), 500, ...times(2000, 2)])!;
  assert(soon > 300 && soon < 500, `${soon}`);
  assert(later < 12, `${later}`);
});

Deno.test("without responses the latency decays, so that the instance is tried again, and is never negative", () => {
  const fading = [0, 3000, 6000, 30_000].map((wait) => after([500], wait)!);
  assertEquals(fading.map(Math.round), [500, 184, 68, 0]);
});

Deno.test("a response after a long pause counts alone", () => {
  const latency = new Latency();
  latency.observe(500, 0);
  latency.observe(3, 60_000);
  assert(latency.at(60_000)! < 3.1);
});

Deno.test("an abandoned call counts only if it took longer than the known latency", () => {
  const latency = new Latency();
  latency.atLeast(20, 0);
  assertEquals(latency.at(), 20);
  latency.atLeast(5, 0);
  assertEquals(latency.at(), 20);
  latency.atLeast(200, 0);
  assertEquals(latency.at(), 200);
});
