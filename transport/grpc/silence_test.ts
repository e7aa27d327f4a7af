import { assertEquals } from "@std/assert";
import type { Pings } from "../http2/pings.ts";
import { Silence } from "./silence.ts";

/** Looks each second, `lastRead` as told; says when it asked and whether it is silent then. */
function setUp() {
  const silence = new Silence(1000);
  let asked = 0;
  const pings = { send: () => void asked++ } as unknown as Pings;
  silence.look(0, 0, false, pings);
  return (now: number, lastRead: number, owes = true) => {
    silence.look(now, lastRead, owes, pings);
    return [asked, silence.silent];
  };
}

Deno.test("a server that owes answers is asked once, and is silent if it does not answer", () => {
  const look = setUp();
  assertEquals(look(1000, 900), [0, false]);
  assertEquals(look(2000, 900), [1, false]);
  assertEquals(look(3000, 900), [1, true]);
  assertEquals(look(4000, 900), [1, true]);
});

Deno.test("a server that answers the PING is not asked again before it sends more", () => {
  const look = setUp();
  assertEquals(look(1000, 100), [1, false]);
  for (let now = 2000; now < 60_000; now += 1000) assertEquals(look(now, 1001), [1, false]);
  assertEquals(look(60_000, 59_900), [1, false]);
  assertEquals(look(61_000, 59_900), [2, false]);
});

Deno.test("a server that owes nothing is not asked", () => {
  const look = setUp();
  for (let now = 1000; now < 60_000; now += 1000) assertEquals(look(now, 0, false), [0, false]);
});

Deno.test("a server whose calls have all ended by their deadline is asked all the same", () => {
  const look = setUp();
  assertEquals(look(1000, 900), [0, false]);
  assertEquals(look(2000, 900, false), [1, false]);
  assertEquals(look(3000, 900, false), [1, true]);
});

Deno.test("a process that stood still itself judges nobody", () => {
  const look = setUp();
  assertEquals(look(1000, 100), [1, false]);
  assertEquals(look(9000, 100), [1, false]);
  assertEquals(look(10_000, 9001), [1, false]); // what came meanwhile is read by now
});
