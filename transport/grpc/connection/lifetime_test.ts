import { assert, assertEquals } from "@std/assert";
import { data, frame, Peer, pong, REQUEST, RESPONSE, settings, windowUpdate } from "../../../tests/http2_peer.ts";
import { FrameType, PREFACE } from "../../http2/protocol/frame.ts";
import { PingPurpose } from "../../http2/state/pings.ts";
import { DEFAULT_LIMITS } from "../../limit_fields.ts";
import type { Limits } from "../../transport.ts";
import { Lifetime } from "./lifetime.ts";

/** A lifetime with a pump that does nothing. The test controls the clock. */
function setUp(role: "server" | "client", limits: Partial<Limits> = {}, established = true) {
  const peer = established ? Peer.ready(role) : new Peer(role);
  const born = Math.ceil(performance.now()); // whole, so that differences are exact
  const pump = { lastRead: born, writingSince: undefined as number | undefined, wake() {} };
  const lifetime = new Lifetime(peer.connection, pump as never, { ...DEFAULT_LIMITS, ...limits });
  const check = (ms: number) => lifetime.check(born + ms);
  return { peer, pump, born, lifetime, check };
}

Deno.test("handshakeTimeout: applies until the peer's SETTINGS arrive, and not after them", () => {
  const { peer, check } = setUp("server", {}, false);
  assertEquals(check(9000), undefined);
  peer.give(PREFACE);
  assertEquals(check(10_100), "handshakeTimeout");
  peer.give(settings());
  assertEquals(check(10_200), undefined);
});

Deno.test("headersTimeout: ends a connection with an endless header block", () => {
  const { peer, check } = setUp("server");
  const block = peer.block(REQUEST);
  peer.give(frame(FrameType.HEADERS, 0, 1, block.subarray(0, 5)));
  assertEquals([check(1000), check(10_900)], [undefined, undefined]);
  assertEquals(check(11_000), "headersTimeout");
  peer.give(frame(FrameType.CONTINUATION, 4, 1, block.subarray(5)));
  assertEquals(check(12_000), undefined);
});

Deno.test("headersTimeout: counts from a block's first octet to its last, and separately for each block", () => {
  const { peer, check } = setUp("server");
  const block = peer.block(REQUEST);
  const headers = frame(FrameType.HEADERS, 0, 1, block.subarray(0, 5));
  const rest = frame(FrameType.CONTINUATION, 4, 1, block.subarray(5));
  peer.connection.receive(headers, 0, 5); // the rest is passed again
  assertEquals(check(1000), undefined);
  peer.give(headers);
  assertEquals(check(10_000), undefined);
  peer.connection.receive(rest, 0, 5);
  assertEquals(check(10_900), undefined);
  assertEquals(check(11_000), "headersTimeout");
  peer.give(rest, frame(FrameType.HEADERS, 1, 1, block.subarray(0, 5))); // trailers
  assertEquals([check(12_000), check(21_900)], [undefined, undefined]);
  assertEquals(check(22_000), "headersTimeout");
});

Deno.test("idleTimeout: ends a connection without calls, counted from the last one", () => {
  const { peer, pump, born, check } = setUp("server", { idleTimeout: 50_000 });
  assertEquals(check(1000), undefined);
  peer.give(peer.request(1));
  assertEquals(check(40_000), undefined);
  peer.connection.reset(peer.streams.get(1)!, 8);
  pump.lastRead = born + 60_000;
  assertEquals([check(60_000), check(109_000)], [undefined, undefined]);
  assertEquals(check(110_000), "idleTimeout");
});

Deno.test("stallTimeout: ends a connection with a stuck write, or with queued data and a closed window", () => {
  const slow = setUp("server", { keepaliveInterval: 1e9, stallTimeout: 30_000 });
  slow.pump.writingSince = slow.born + 5000;
  assertEquals([slow.check(34_000), slow.check(35_000)], [undefined, "stallTimeout"]);
  const { peer, check } = setUp("server", { keepaliveInterval: 1e9, stallTimeout: 30_000 });
  peer.give(peer.request(1));
  peer.connection.sendData(peer.streams.get(1)!, new Uint8Array(0), new Uint8Array(100_000), false);
  assertEquals([check(1000), check(2000), check(31_000)], [undefined, undefined, undefined]);
  peer.give(windowUpdate(0, 5), windowUpdate(1, 5));
  assertEquals([check(40_000), check(41_000), check(70_000)], [undefined, undefined, undefined]);
  assertEquals(check(71_000), "stallTimeout");
});

Deno.test("keepalive: sends a PING after silence, and ends the connection without an answer", () => {
  const { peer, pump, born, check } = setUp("server", { idleTimeout: Infinity });
  assertEquals([check(59_000), check(60_100)], [undefined, undefined]);
  assertEquals(peer.sent(), ["PING 0200000000000000"]);
  assertEquals(check(70_000), undefined);
  pump.lastRead = born + 71_000;
  assertEquals([check(90_000), check(131_000)], [undefined, undefined]);
  assertEquals(peer.sent(), ["PING 0200000000000000"]);
  assertEquals([check(150_000), check(151_100)], [undefined, "keepaliveTimeout"]);
});

Deno.test("keepalive: a client pings only while calls are in flight", () => {
  const { peer, check } = setUp("client", { idleTimeout: Infinity });
  assertEquals(check(100_000), undefined);
  assertEquals(peer.sent(), []);
  peer.open();
  peer.sent();
  check(200_000);
  assertEquals(peer.sent(), ["PING 0200000000000000"]);
});

Deno.test("keepalive: after two PINGs of any purpose the interval is six times as long, until HEADERS or DATA arrive", () => {
  const { peer, pump, born, check } = setUp("client");
  peer.open();
  peer.sent();
  const asks = (ms: number) => (check(ms), peer.sent().some((line) => line.startsWith("PING")));
  const answer = (ms: number) => (pump.lastRead = born + ms, peer.give(pong(PingPurpose.Keepalive)));
  peer.connection.pings.ask();
  assertEquals(peer.sent(), ["PING 0400000000000000"]);
  answer(1000);
  assertEquals([asks(60_000), asks(61_000)], [false, true]);
  answer(61_100);
  assertEquals([asks(121_100), asks(421_000), asks(421_100)], [false, false, true]);
  peer.open();
  answer(422_000);
  peer.sent();
  assertEquals([asks(490_000), asks(781_000), asks(782_000)], [false, false, true]);
  answer(783_000);
  peer.give(peer.headers(1, RESPONSE));
  assertEquals([asks(842_000), asks(843_000)], [false, true]);
});

Deno.test("keepalive: a client sends no PING while a liveness probe is unanswered", () => {
  const { peer, pump, born, lifetime } = setUp("client");
  peer.open();
  const check = (ms: number) => lifetime.check(born + ms, true);
  for (let i = 0; i < 3; i++) peer.connection.pings.ask();
  peer.sent();
  assertEquals([check(59_000), check(60_000), check(79_000)], [undefined, undefined, undefined]);
  assertEquals(peer.sent(), []);
  assertEquals(check(80_000), "keepaliveTimeout");
  pump.lastRead = born + 80_100;
  assertEquals(lifetime.check(born + 81_000), undefined);
});

Deno.test("connectionAge: varies by 10 %; a drain because of age is limited, that of a stopping server is not", () => {
  const { lifetime, check } = setUp("server", { connectionAge: 10_000, connectionAgeGrace: 5000 });
  assertEquals(check(8900), undefined);
  assertEquals(check(11_100), "connectionAge");
  lifetime.drainBegan(5000);
  assertEquals([check(900), check(2000), check(5100)], [undefined, "drain", "connectionAgeGrace"]);
  const stopping = setUp("server");
  stopping.lifetime.drainBegan();
  assertEquals([stopping.check(500), stopping.check(1100), stopping.check(50_000)], [undefined, "drain", "drain"]);
});

Deno.test("an idle connection releases large buffers", () => {
  const { peer, check } = setUp("server");
  peer.give(peer.request(1), data(1, 10));
  peer.connection.sendData(peer.streams.get(1)!, new Uint8Array(0), new Uint8Array(60_000), true);
  peer.sent();
  assert(peer.connection.output.buf.length > 60_000);
  check(1000);
  assertEquals(peer.connection.output.buf.length, 0);
});
