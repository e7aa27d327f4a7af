import { assertEquals } from "@std/assert";
import type { Pings } from "../../http2/state/pings.ts";
import { Silence } from "./silence.ts";

/** Checks once a second with the given `lastRead`. Returns how often it has asked so far, and whether it is silent. */
function setUp() {
  const silence = new Silence(1000);
  let asked = 0;
  const connection = { progress: 3, pings: { ask: () => void asked++ } as unknown as Pings };
  silence.look(0, 0, false, connection);
  const look = (now: number, lastRead: number, owes = true) => {
    silence.look(now, lastRead, owes, connection);
    return [asked, silence.silent];
  };
  return { look, connection };
}

Deno.test("a server with calls in flight is probed once, and is silent if it does not answer", () => {
  const { look } = setUp();
  assertEquals(look(1000, 900), [0, false]);
  assertEquals(look(2000, 900), [1, false]);
  assertEquals(look(3000, 900), [1, true]);
  assertEquals(look(4000, 900), [1, true]);
});

Deno.test("a server that answered a probe is not probed again because of frames of the connection", () => {
  const { look } = setUp();
  assertEquals(look(1000, 100), [1, false]);
  for (let now = 2000; now < 60_000; now += 1000) assertEquals(look(now, 1001), [1, false]);
  // WINDOW_UPDATE and PING every 2.5 s, which grpc-go sends for a slow stream of requests.
  for (let now = 60_000; now < 120_000; now += 1000) assertEquals(look(now, now - now % 2500), [1, false]);
});

Deno.test("a server is probed again after a frame of a call, or after another call has begun", () => {
  const { look, connection } = setUp();
  assertEquals(look(1000, 100), [1, false]);
  assertEquals(look(2000, 1001), [1, false]);
  connection.progress++;
  assertEquals(look(3000, 2900), [1, false]);
  assertEquals(look(4000, 2900), [2, false]);
  assertEquals(look(5000, 4001), [2, false]);
  connection.progress += 2;
  assertEquals(look(6000, 4001), [3, false]);
  assertEquals(look(7000, 4001), [3, true]);
});

Deno.test("a call that begins during a probe causes another probe: the answer may have been sent before the call", () => {
  const { look, connection } = setUp();
  assertEquals(look(1000, 100), [1, false]);
  connection.progress += 2;
  assertEquals(look(2000, 1001), [2, false]);
  assertEquals(look(3000, 2001), [2, false]);
});

Deno.test("a server without calls in flight is not probed", () => {
  const { look } = setUp();
  for (let now = 1000; now < 60_000; now += 1000) assertEquals(look(now, 0, false), [0, false]);
});

Deno.test("a server whose calls have all ended at their deadline is still probed", () => {
  const { look } = setUp();
  assertEquals(look(1000, 900), [0, false]);
  assertEquals(look(2000, 900, false), [1, false]);
  assertEquals(look(3000, 900, false), [1, true]);
});

Deno.test("a process that was blocked itself reports no server as silent", () => {
  const { look } = setUp();
  assertEquals(look(1000, 100), [1, false]);
  assertEquals(look(9000, 100), [1, false]);
  assertEquals(look(10_000, 9001), [1, false]); // octets that arrived meanwhile are read by now
});
