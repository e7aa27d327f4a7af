import { assertEquals, assertThrows } from "@std/assert";
import { Req } from "../bench.ts";
import { frame, parseH2load } from "./h2load_text.ts";

const output = (counts: string) =>
  `finished in 1.00s, 4988.50 req/s, 263.53KB/s
requests: ${counts}
status codes: 5088 2xx, 0 3xx, 0 4xx, 0 5xx`;

Deno.test("parseH2load() reads calls per second and the number of calls", () => {
  const text = output("4988 total, 5116 started, 4988 done, 4988 succeeded, 0 failed, 0 errored, 0 timeout");
  assertEquals(parseH2load(text), { rate: 4988.5, done: 4988 });
});

Deno.test("parseH2load() refuses a run in which calls failed", () => {
  const failed = output("100 total, 116 started, 100 done, 90 succeeded, 10 failed, 0 errored, 0 timeout");
  assertThrows(() => parseH2load(failed), Error, "10 calls failed");
  const errored = output("100 total, 116 started, 100 done, 90 succeeded, 0 failed, 10 errored, 0 timeout");
  assertThrows(() => parseH2load(errored), Error, "10 had errors");
});

Deno.test("parseH2load() refuses output without calls", () => {
  assertThrows(() => parseH2load("Could not resolve"), Error, "Could not resolve");
  const none = output("0 total, 128 started, 0 done, 0 succeeded, 0 failed, 0 errored, 0 timeout");
  assertThrows(() => parseH2load(none), Error, "finished no call");
});

Deno.test("frame() is an echo.Req behind the prefix of gRPC", () => {
  for (const size of [12, 127, 128, 65536]) {
    const bytes = frame(size);
    assertEquals(new DataView(bytes.buffer).getUint32(1), bytes.length - 5);
    assertEquals(Req.decode(bytes.subarray(5)), { mes: "x".repeat(size) });
  }
});
