import { assert, assertEquals } from "@std/assert";
import {
  concat,
  data,
  frame,
  goAway,
  paddedData,
  Peer,
  ping,
  pong,
  REQUEST,
  RESPONSE,
  rstStream,
  settings,
  settingsAck,
  TRAILERS,
  uint32,
  windowUpdate,
} from "../../../tests/http2_peer.ts";
import { ErrorCode } from "../protocol/error.ts";
import { Flag, FrameType, PREFACE } from "../protocol/frame.ts";
import { PingPurpose } from "../state/pings.ts";

const server = Peer.ready.bind(null, "server");
const client = Peer.ready.bind(null, "client");

Deno.test("a server sends SETTINGS and opens its window first; it acknowledges the peer's SETTINGS (3.4)", () => {
  const peer = new Peer("server");
  assertEquals(peer.sent(), ["SETTINGS 3=100 4=262144 6=12288", `WINDOW_UPDATE 0 ${32 * 1024 * 1024 - 65535}`]);
  assert(!peer.connection.established);
  peer.give(PREFACE, settings());
  assert(peer.connection.established);
  assertEquals(peer.sent(), ["SETTINGS ACK"]);
});

Deno.test("a client sends the preface and SETTINGS without push, and opens its window (3.4)", () => {
  const { output } = new Peer("client").connection;
  assertEquals(output.buf.subarray(0, PREFACE.length), PREFACE);
  assertEquals(new Peer("client").sent()[0], "SETTINGS 2=0 4=262144 6=73728");
});

Deno.test("a wrong octet anywhere in the preface is a PROTOCOL_ERROR (3.4)", () => {
  for (let i = 0; i < PREFACE.length; i++) {
    const wrong = PREFACE.slice();
    wrong[i]! ^= 1;
    const peer = new Peer("server");
    assertEquals(peer.give(wrong.subarray(0, i)), []);
    assertEquals(peer.give(wrong.subarray(i)), ["failed PROTOCOL_ERROR"], `octet ${i}`);
  }
});

Deno.test("a first frame that is no SETTINGS is a PROTOCOL_ERROR (3.4)", () => {
  for (const first of [ping(), windowUpdate(0, 1), goAway(0, 0), frame(0x77, 0, 0), settingsAck()]) {
    assertEquals(new Peer("server").give(PREFACE, first), ["failed PROTOCOL_ERROR"]);
    assertEquals(new Peer("client").give(first), ["failed PROTOCOL_ERROR"]);
  }
});

Deno.test("frames split at every octet, or passed octet by octet, cause the same events as whole frames", () => {
  const talk = () => {
    const peer = new Peer("server");
    const first = peer.request(1);
    const long = peer.block([...REQUEST, "x-long", "a".repeat(50)]);
    return concat(
      PREFACE,
      settings([4, 100_000]),
      first,
      data(1, 5),
      paddedData(1, 3, 4),
      frame(FrameType.HEADERS, Flag.END_STREAM, 3, long.subarray(0, 10)),
      frame(FrameType.CONTINUATION, 0, 3, long.subarray(10, 11)),
      frame(FrameType.CONTINUATION, Flag.END_HEADERS, 3, long.subarray(11)),
      ping(),
      windowUpdate(1, 10),
      frame(0x50, 255, 1, [1, 2, 3]),
      frame(FrameType.PRIORITY, 0, 9, [...uint32(1), 5]),
      data(1, 0, true),
      rstStream(3),
      goAway(0, 0, "bye"),
      data(1, 7),
    );
  };
  const octets = talk();
  const whole = new Peer("server");
  const expected = whole.give(octets);
  const expectedSent = whole.sent();
  assertEquals(expected, [
    ...["open 1", "data 1 5", "data 1 3", "open 3 end", "data 1 0 end", "reset 3 CANCEL", "goaway NO_ERROR"],
    "reset 1 STREAM_CLOSED",
  ]);
  const inPieces = (name: string, ...cuts: number[]) => {
    const peer = new Peer("server");
    let kept = new Uint8Array(0);
    let from = 0;
    for (const cut of [...cuts, octets.length]) {
      const buf = concat(new Uint8Array([255, 255]), kept, octets.subarray(from, cut));
      kept = buf.slice(peer.connection.receive(buf, 2, buf.length));
      from = cut;
    }
    assertEquals(peer.told(), expected, name);
    assertEquals(peer.sent(), expectedSent, name);
    assertEquals(kept.length, 0, name);
  };
  for (let cut = 0; cut <= octets.length; cut++) inPieces(`cut at ${cut}`, cut);
  inPieces("octet by octet", ...octets.keys());
});

Deno.test("a frame over 16384 octets is a FRAME_SIZE_ERROR as soon as its header has arrived (4.2)", () => {
  for (const type of [0, 1, 4, 0x99]) {
    assertEquals(server().give(frame(type, 0, 1, new Uint8Array(16385)).subarray(0, 9)), ["failed FRAME_SIZE_ERROR"]);
  }
  const peer = server();
  assertEquals(peer.give(peer.request(1), data(1, 16384)), ["open 1", "data 1 16384"]);
});

Deno.test("frames of wrong sizes are a FRAME_SIZE_ERROR (6)", () => {
  const wrong: [name: string, ...octets: Uint8Array[]][] = [
    ["RST_STREAM of 3", frame(FrameType.RST_STREAM, 0, 1, [0, 0, 0])],
    ["RST_STREAM of 5", frame(FrameType.RST_STREAM, 0, 1, [0, 0, 0, 0, 0])],
    ["SETTINGS of 5", frame(FrameType.SETTINGS, 0, 0, [0, 1, 0, 0, 0])],
    ["SETTINGS ACK of 6", frame(FrameType.SETTINGS, Flag.ACK, 0, [0, 1, 0, 0, 0, 0])],
    ["PING of 7", frame(FrameType.PING, 0, 0, new Uint8Array(7))],
    ["PING of 9", frame(FrameType.PING, 0, 0, new Uint8Array(9))],
    ["PING ACK of 0", frame(FrameType.PING, Flag.ACK, 0)],
    ["GOAWAY of 7", frame(FrameType.GOAWAY, 0, 0, new Uint8Array(7))],
    ["WINDOW_UPDATE of 3", frame(FrameType.WINDOW_UPDATE, 0, 0, [0, 0, 1])],
    ["WINDOW_UPDATE of 5", frame(FrameType.WINDOW_UPDATE, 0, 1, [0, 0, 0, 0, 1])],
    ["PRIORITY of 4", frame(FrameType.PRIORITY, 0, 1, new Uint8Array(4))],
    ["padded DATA of 0", frame(FrameType.DATA, Flag.PADDED, 1)],
    ["padded HEADERS of 0", frame(FrameType.HEADERS, Flag.PADDED | Flag.END_HEADERS, 3)],
    ["HEADERS with 4 octets of priority", frame(FrameType.HEADERS, Flag.PRIORITY | Flag.END_HEADERS, 3, [0, 0, 0, 1])],
    ["HEADERS with a priority of padding", frame(FrameType.HEADERS, 0x2c, 3, [1, 0, 0, 0, 1, 0])],
  ];
  for (const [name, octets] of wrong) {
    const peer = server();
    peer.give(peer.request(1));
    assertEquals(peer.give(octets!), ["lost 1", "failed FRAME_SIZE_ERROR"], name);
    assertEquals(peer.connection.receiveWindow.held, 0, name);
  }
});

Deno.test("frames of a stream on stream 0, and frames of the connection on a stream, are a PROTOCOL_ERROR (6)", () => {
  const wrong: [string, Uint8Array][] = [
    ["DATA", data(0, 1)],
    ["HEADERS", frame(FrameType.HEADERS, Flag.END_HEADERS, 0, [0x82])],
    ["PRIORITY", frame(FrameType.PRIORITY, 0, 0, new Uint8Array(5))],
    ["RST_STREAM", rstStream(0)],
    ["CONTINUATION", frame(FrameType.CONTINUATION, Flag.END_HEADERS, 0)],
    ["SETTINGS", frame(FrameType.SETTINGS, 0, 1)],
    ["PING", frame(FrameType.PING, 0, 1, new Uint8Array(8))],
    ["GOAWAY", frame(FrameType.GOAWAY, 0, 1, new Uint8Array(8))],
    ["PUSH_PROMISE", frame(FrameType.PUSH_PROMISE, Flag.END_HEADERS, 1, uint32(2))],
  ];
  for (const [name, octets] of wrong) {
    const peer = server();
    peer.give(peer.request(1));
    assertEquals(peer.give(octets), ["lost 1", "failed PROTOCOL_ERROR"], name);
  }
});

Deno.test("frames on idle streams are a PROTOCOL_ERROR, but for HEADERS and PRIORITY (5.1)", () => {
  for (const id of [2, 3]) {
    for (const octets of [data(id, 1), rstStream(id), windowUpdate(id, 1)]) {
      const atServer = server();
      atServer.give(atServer.request(1));
      assertEquals(atServer.give(octets), ["lost 1", "failed PROTOCOL_ERROR"]);
      const atClient = client();
      atClient.open();
      assertEquals(atClient.give(octets), ["lost 1", "failed PROTOCOL_ERROR"]);
    }
  }
  const peer = client();
  assertEquals(peer.give(peer.headers(1, RESPONSE)), ["failed PROTOCOL_ERROR"]);
  assertEquals(server().give(frame(FrameType.PRIORITY, 0, 9, [...uint32(0), 1])), []);
});

Deno.test("DATA and HEADERS after END_STREAM are a STREAM_CLOSED of the stream (5.1, half-closed remote)", () => {
  for (const late of [(_: Peer) => data(1, 9), (peer: Peer) => peer.headers(1, TRAILERS, 5)]) {
    const peer = server();
    assertEquals(peer.give(peer.request(1, true), late(peer)), ["open 1 end", "reset 1 STREAM_CLOSED"]);
    assertEquals(peer.sent(), ["RST_STREAM 1 STREAM_CLOSED"]);
    assertEquals(peer.connection.receiveWindow.held, 0);
  }
});

Deno.test("WINDOW_UPDATE, PRIORITY and RST_STREAM are accepted after END_STREAM (5.1, half-closed remote)", () => {
  const peer = server();
  peer.give(peer.request(1, true), windowUpdate(1, 7), frame(FrameType.PRIORITY, 0, 1, [0, 0, 0, 0, 1]));
  assertEquals(peer.streams.get(1)!.sendWindow, 65542);
  assertEquals(peer.give(rstStream(1, ErrorCode.NO_ERROR)), ["reset 1 NO_ERROR"]);
});

Deno.test("on a stream that the peer has reset: DATA is answered by RST_STREAM, HEADERS end the connection (5.1, closed)", () => {
  const peer = server();
  peer.give(peer.request(1), rstStream(1));
  assertEquals(peer.give(data(1, 100), windowUpdate(1, 5), rstStream(1)), []);
  assertEquals(peer.sent(), ["RST_STREAM 1 STREAM_CLOSED"]);
  assertEquals(peer.connection.receiveWindow.held, 0);
  assertEquals(peer.give(peer.headers(1, TRAILERS, 5)), ["failed STREAM_CLOSED"]);
});

Deno.test("on a stream that this side has reset, frames in flight are ignored (5.1, closed)", () => {
  const peer = server();
  peer.give(peer.request(1));
  peer.connection.reset(peer.streams.get(1)!, ErrorCode.CANCEL);
  peer.sent();
  assertEquals(peer.give(data(1, 100), windowUpdate(1, 5), peer.headers(1, TRAILERS, 5), rstStream(1)), []);
  assertEquals(peer.sent(), []);
  assertEquals(peer.connection.receiveWindow.held, 0);
});

Deno.test("this side remembers its resets of as many streams as may be open at once", () => {
  for (const concurrentStreams of [1, 100, 1000]) {
    const peer = Peer.ready("server", { concurrentStreams });
    const last = concurrentStreams * 2;
    for (let id = 1; id < last; id += 2) peer.give(peer.request(id));
    for (const stream of [...peer.streams.values()]) peer.connection.reset(stream, ErrorCode.CANCEL);
    peer.sent();
    for (let id = 1; id < last; id += 2) peer.give(data(id, 10));
    assertEquals([peer.sent(), peer.connection.failure], [[], undefined]);
  }
});

Deno.test("a client ignores frames of a cancelled stream, and keeps the HPACK table correct", () => {
  const peer = client();
  const stream = peer.open();
  peer.connection.reset(stream, ErrorCode.CANCEL);
  assertEquals(peer.give(peer.headers(1, [...RESPONSE, "x-new", "value"]), data(1, 100), rstStream(1)), []);
  peer.open();
  assertEquals(peer.give(peer.headers(3, [...RESPONSE, "x-new", "value"])), [
    `headers 3 ${RESPONSE.join(" ")} x-new value`,
  ]);
  assertEquals(peer.connection.receiveWindow.held, 0);
});

Deno.test("DATA before the response is a PROTOCOL_ERROR of the stream (8.1)", () => {
  const peer = client();
  peer.open();
  assertEquals(peer.give(data(1, 5)), ["reset 1 PROTOCOL_ERROR"]);
  assertEquals(peer.connection.receiveWindow.held, 0);
});

Deno.test("padding is not data, but counts for flow control (6.1)", () => {
  const peer = server();
  peer.reads = false;
  peer.give(peer.request(1));
  const { receiveWindow: window } = peer.connection;
  const before = window.available;
  assertEquals(peer.give(paddedData(1, 10, 20), paddedData(1, 0, 0), paddedData(1, 0, 255, true)), [
    "data 1 10",
    "data 1 0",
    "data 1 0 end",
  ]);
  assertEquals(before - window.available, 31 + 1 + 256);
  assertEquals(window.held, 10);
});

Deno.test("padding as long as its frame is a PROTOCOL_ERROR (6.1, 6.2)", () => {
  const peer = server();
  peer.give(peer.request(1));
  assertEquals(peer.give(frame(FrameType.DATA, Flag.PADDED, 1, [3, 0, 0])), ["lost 1", "failed PROTOCOL_ERROR"]);
  const other = server();
  assertEquals(other.give(other.headers(1, REQUEST, Flag.PADDED | Flag.END_HEADERS, [255])), ["failed PROTOCOL_ERROR"]);
});

Deno.test("empty DATA with the padding flag at the very end of the read buffer counts no octets", () => {
  const budget = { received: 0, queued: 0 };
  const peer = new Peer("server", {}, budget);
  peer.give(PREFACE, settings(), peer.request(1));
  peer.give(frame(FrameType.DATA, Flag.PADDED, 1));
  assertEquals([budget.received, peer.connection.receiveWindow.held], [0, 0]);
});

Deno.test("unknown frame types are ignored, on any stream (5.5)", () => {
  const peer = server();
  assertEquals(peer.give(frame(0xff, 255, 0, [1]), frame(0x20, 0, 77), frame(0xa, 0, 2, [1, 2])), []);
  assertEquals(peer.connection.failure, undefined);
});

Deno.test("flags that a type does not define, and the reserved bit, are ignored (4.1)", () => {
  const peer = server();
  assertEquals(peer.give(peer.headers(1, REQUEST, 0xff & ~Flag.PADDED & ~Flag.PRIORITY)), ["open 1 end"]);
  assertEquals(peer.give(frame(FrameType.RST_STREAM, 0xff, 0x80000001, uint32(8))), ["reset 1 CANCEL"]);
  assertEquals(peer.give(frame(FrameType.PING, 0xfe, 0, new Uint8Array(8))), []);
});

Deno.test("PING is answered with its octets, and nothing else is sent (6.7)", () => {
  const peer = server();
  peer.give(ping([9, 8, 7, 6, 5, 4, 3, 2]));
  assertEquals(peer.sent(), ["PING ACK 0908070605040302"]);
});

Deno.test("a PING acknowledgement is not answered, and ends no drain before it has begun", () => {
  const peer = server();
  peer.give(pong(PingPurpose.Drain), pong(PingPurpose.Keepalive));
  assertEquals(peer.sent(), []);
});

Deno.test("a server ends a connection at the third early PING, with too_many_pings (gRPC A8)", () => {
  const peer = server();
  assertEquals(peer.give(ping(), ping(), ping()), []);
  assertEquals(peer.give(ping()), ["failed ENHANCE_YOUR_CALM"]);
  assertEquals(peer.why, "too_many_pings");
  assertEquals(peer.connection.failure!.limit, "pingInterval");
});

Deno.test("PINGs are not strikes while a call sends frames", () => {
  const peer = server();
  peer.give(peer.request(1));
  for (let i = 0; i < 20; i++) {
    assertEquals(peer.give(ping()), []);
    peer.connection.sendHeaders(peer.streams.get(1)!, RESPONSE, false);
  }
});

Deno.test("a client accepts any number of PINGs", () => {
  const peer = client();
  for (let i = 0; i < 100; i++) assertEquals(peer.give(ping()), []);
});

Deno.test("after a GOAWAY, a client's streams above its last one are lost as unprocessed, and no more are opened (6.8)", () => {
  const peer = client();
  peer.open();
  peer.open();
  peer.open();
  assertEquals(peer.give(goAway(3, ErrorCode.NO_ERROR, "enough")), ["lost 5 unprocessed", "goaway NO_ERROR"]);
  assertEquals(peer.why, 'the peer is going away: NO_ERROR "enough"');
  assertEquals(peer.connection.open(), undefined);
  assertEquals(peer.connection.streams.values().map(({ id }) => id), [1, 3]);
  assertEquals(peer.give(goAway(1, 99 as ErrorCode)), ["lost 3 unprocessed", "goaway 99"]);
  assertEquals(peer.why, "the peer is going away: code 99");
  assertEquals(peer.give(peer.headers(1, RESPONSE)), [`headers 1 ${RESPONSE.join(" ")}`]);
});

Deno.test("a server continues to serve after a client's GOAWAY (6.8)", () => {
  const peer = server();
  peer.give(peer.request(1));
  assertEquals(peer.give(goAway(0, ErrorCode.NO_ERROR), peer.request(3)), ["goaway NO_ERROR", "open 3"]);
});

Deno.test("a WINDOW_UPDATE of 0 is a PROTOCOL_ERROR, of the stream or the connection (6.9)", () => {
  const peer = server();
  peer.give(peer.request(1));
  assertEquals(peer.give(windowUpdate(1, 0)), ["reset 1 PROTOCOL_ERROR"]);
  assertEquals(peer.sent(), ["RST_STREAM 1 PROTOCOL_ERROR"]);
  assertEquals(peer.give(windowUpdate(0, 0)), ["failed PROTOCOL_ERROR"]);
});

Deno.test("a window over 2^31-1 octets is a FLOW_CONTROL_ERROR, of the stream or the connection (6.9.1)", () => {
  const peer = server();
  const most = 2 ** 31 - 1 - 65535;
  peer.give(peer.request(1), peer.request(3));
  assertEquals(peer.give(windowUpdate(1, most), windowUpdate(0, most)), []);
  assertEquals(peer.give(windowUpdate(1, 1)), ["reset 1 FLOW_CONTROL_ERROR"]);
  assertEquals(peer.sent(), ["RST_STREAM 1 FLOW_CONTROL_ERROR"]);
  assertEquals(peer.give(windowUpdate(0, 1)), ["lost 3", "failed FLOW_CONTROL_ERROR"]);
});

Deno.test("a stream that depends on itself is a PROTOCOL_ERROR (RFC 7540, 5.3.1)", () => {
  assertEquals(server().give(frame(FrameType.PRIORITY, 0, 1, [...uint32(1), 0])), ["failed PROTOCOL_ERROR"]);
  const peer = server();
  const depends = [...uint32(1), 0];
  assertEquals(peer.give(peer.headers(1, REQUEST, Flag.PRIORITY | Flag.END_HEADERS, depends)), [
    "failed PROTOCOL_ERROR",
  ]);
});

Deno.test("nothing is read after an error, and it is reported once", () => {
  const peer = server();
  peer.give(peer.request(1));
  const { connection } = peer;
  const octets = concat(data(0, 1), peer.request(3), ping());
  assertEquals(connection.receive(octets, 0, octets.length), octets.length);
  assertEquals(peer.told(), ["lost 1", "failed PROTOCOL_ERROR"]);
  assertEquals(peer.sent(), ["GOAWAY 1 PROTOCOL_ERROR"]);
  assertEquals(peer.give(peer.request(5), ping()), []);
  assertEquals(peer.sent(), []);
});
