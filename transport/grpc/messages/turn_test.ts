import { assert, assertEquals } from "@std/assert";
import { turnBegins, turnOver } from "./turn.ts";

Deno.test("turnOver() makes all readers of a turn wait once the turn is too long, not earlier", async () => {
  turnBegins(performance.now() + 10_000);
  for (let i = 0; i < 1000; i++) assertEquals(turnOver(), undefined);

  turnBegins(performance.now() - 10_000);
  let pause: Promise<void> | undefined;
  for (let i = 0; i < 64; i++) pause ??= turnOver();
  assert(pause);
  assertEquals(turnOver(), pause);
  let other = false;
  setTimeout(() => other = true, 0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  await pause;
  assertEquals([other, turnOver()], [true, undefined]);
});
