import { assert, assertEquals } from "@std/assert";
import { data, Peer, RESPONSE, settings, TRAILERS, windowUpdate } from "../../tests/http2_peer.ts";
import { DEFAULT_LIMITS } from "../limit_fields.ts";
import { http2Limits } from "../grpc/connection/http2_limits.ts";
import { Connection } from "./connection.ts";
import { ErrorCode } from "./protocol/error.ts";
import { FrameType } from "./protocol/frame.ts";
import { type Stream, StreamState } from "./state/stream.ts";

const NOTHING = new Uint8Array(0);
const octets = (length: number) => new Uint8Array(length);

/**
 * A server with `streams` open streams. The peer's window is `window` octets for each, and `more` octets more for the
 * connection.
 */
function serverWith(streams: number, window: number, more = 0, ended = false): [Peer, ...Stream[]] {
  const peer = Peer.ready("server", {}, [4, window]);
  for (let i = 0; i < streams; i++) peer.give(peer.request(2 * i + 1, ended));
  if (more > 0) peer.give(windowUpdate(0, more));
  peer.told();
  return [peer, ...peer.streams.values()];
}

Deno.test("data is sent up to the stream's window, and the rest when the window opens (6.9)", () => {
  const [peer, one] = serverWith(1, 10);
  assert(!peer.connection.sendData(one!, octets(5), octets(20), false));
  assertEquals(peer.sent(), ["DATA 1 10"]);
  assertEquals(peer.give(windowUpdate(1, 8)), []);
  assertEquals(peer.sent(), ["DATA 1 8"]);
  assertEquals(peer.give(windowUpdate(1, 100)), ["drained 1"]);
  assertEquals(peer.sent(), ["DATA 1 7"]);
  assert(peer.connection.sendData(one!, octets(5), octets(20), false));
});

Deno.test("data is sent up to the connection's window, and the rest when the window opens (6.9)", () => {
  const [peer, one, two] = serverWith(2, 1_000_000);
  assert(!peer.connection.sendData(one!, NOTHING, octets(65_530), false) === false);
  peer.sent();
  assert(!peer.connection.sendData(two!, NOTHING, octets(10), true));
  assertEquals(peer.sent(), ["DATA 3 5"]);
  peer.give(windowUpdate(0, 100));
  assertEquals(peer.sent(), ["DATA 3 5 end", "RST_STREAM 3 NO_ERROR"]);
});

Deno.test("head and body arrive as one message, wherever they are split", () => {
  const message = Uint8Array.from({ length: 12 }, (_, i) => i);
  for (let head = 0; head <= 12; head++) {
    for (let window = 0; window <= 12; window++) {
      const [peer, one] = serverWith(1, window);
      const { output } = peer.connection;
      const first = message.slice(0, head);
      peer.connection.sendData(one!, first, message.subarray(head), false);
      first.fill(99); // the head was copied
      const parts = [output.take().slice()];
      peer.give(windowUpdate(1, 12));
      parts.push(output.take().slice());
      const payloads = parts.filter((part) => part.length > 0).flatMap((part) => [...part.subarray(9)]);
      assertEquals(payloads, [...message], `cut at ${head}, window ${window}`);
    }
  }
});

Deno.test("END_STREAM without data is sent at once when the windows are at 0 (6.9.1)", () => {
  const [peer, one] = serverWith(1, 0);
  peer.connection.sendData(one!, NOTHING, NOTHING, true);
  assertEquals(peer.sent(), ["DATA 1 0 end", "RST_STREAM 1 NO_ERROR"]);
});

Deno.test("trailers wait for queued data, and end the stream and the promise", () => {
  const [peer, one] = serverWith(1, 5, 0, true);
  peer.connection.sendHeaders(one!, RESPONSE, false);
  peer.connection.sendData(one!, NOTHING, octets(8), false);
  peer.connection.sendHeaders(one!, TRAILERS, true);
  assertEquals(peer.sent(), [`HEADERS 1 ${RESPONSE.join(" ")}`, "DATA 1 5"]);
  assertEquals(peer.give(windowUpdate(1, 3)), ["drained 1"]);
  assertEquals(peer.sent(), ["DATA 1 3", "HEADERS 1 grpc-status 0 end"]);
  assertEquals(one!.state, StreamState.Closed);
  assertEquals(peer.connection.sendWindow.waiting.size, 0);
});

Deno.test("queued streams take turns of 16 KiB", () => {
  const [peer, ...streams] = serverWith(3, 1_000_000);
  peer.connection.sendData(streams[0]!, NOTHING, octets(65_535), false);
  peer.sent();
  for (const stream of streams) peer.connection.sendData(stream, NOTHING, octets(40_000), false);
  assertEquals(peer.sent(), []);
  peer.give(windowUpdate(0, 100_000));
  assertEquals(peer.sent(), [
    ...["DATA 1 16384", "DATA 3 16384", "DATA 5 16384", "DATA 1 16384", "DATA 3 16384", "DATA 5 16384"],
    "DATA 1 1696",
  ]);
  peer.give(windowUpdate(0, 7232));
  assertEquals(peer.sent(), ["DATA 3 7232"]);
});

Deno.test("a stream with an empty window does not block the others", () => {
  const [peer, slow, fast] = serverWith(2, 100);
  peer.connection.sendData(slow!, NOTHING, octets(200), false);
  peer.connection.sendData(fast!, NOTHING, octets(50), false);
  assertEquals(peer.sent(), ["DATA 1 100", "DATA 3 50"]);
});

Deno.test("no more than 256 KiB and a frame wait to be written, whatever the windows", () => {
  const [peer, ...streams] = serverWith(4, 2 ** 30, 2 ** 30);
  const { output } = peer.connection;
  for (const stream of streams) peer.connection.sendData(stream, NOTHING, octets(1_000_000), false);
  assert(output.length < 300 * 1024, String(output.length));
  let sent = 0;
  while (output.length > 0) {
    assert(output.length < 300 * 1024, String(output.length));
    sent += peer.sent().reduce((sum, line) => sum + Number(line.split(" ")[2]), 0);
    peer.connection.resume();
  }
  assertEquals(sent, 4_000_000);
  assertEquals(peer.told().toSorted(), ["drained 1", "drained 3", "drained 5", "drained 7"]);
});

Deno.test("queued data is counted until it is sent, or its stream is reset by either side", () => {
  const budget = { received: 0, queued: 0 };
  const peer = new Peer("client", {}, budget);
  peer.give(settings([4, 10]));
  const [one, two, three] = [peer.open(), peer.open(), peer.open()];
  for (const stream of [one, two, three]) {
    peer.connection.sendData(stream, octets(5), octets(95), false);
    peer.connection.sendData(stream, octets(5), octets(95), false);
    peer.connection.sendHeaders(stream, TRAILERS, true);
  }
  assertEquals(budget.queued, 3 * 190);
  peer.connection.reset(one, ErrorCode.CANCEL);
  peer.give(windowUpdate(2 + 1, 1000));
  assertEquals(budget.queued, 190);
  peer.connection.fail(Object.assign(new Error("x"), { code: 1, limit: undefined }) as never);
  assertEquals(budget.queued, 0);
  assertEquals(peer.connection.sendWindow.waiting.size, 0);
});

Deno.test("a closed stream accepts neither fields nor data", () => {
  const [peer, one] = serverWith(1, 100);
  peer.connection.reset(one!, ErrorCode.CANCEL);
  peer.sent();
  peer.connection.reset(one!, ErrorCode.CANCEL);
  peer.connection.sendHeaders(one!, RESPONSE, false);
  assert(peer.connection.sendData(one!, NOTHING, octets(5), true));
  assertEquals(peer.sent(), []);
});

Deno.test("a large header block is sent in HEADERS and CONTINUATION, each within the peer's frame size (6.10)", () => {
  const [peer, one] = serverWith(1, 100);
  const large = ["x-a", "~".repeat(30_000), "x-b", "~".repeat(30_000)];
  peer.connection.sendHeaders(one!, [...RESPONSE, ...large], true);
  const { output } = peer.connection;
  const lengths: number[] = [];
  for (let at = 0; at < output.length;) {
    lengths.push(output.buf[at]! << 16 | output.buf[at + 1]! << 8 | output.buf[at + 2]!);
    at += 9 + lengths.at(-1)!;
  }
  assertEquals(lengths.slice(0, 3), [16_384, 16_384, 16_384]);
  assertEquals(peer.sent(), [`HEADERS 1 ${[...RESPONSE, ...large].join(" ")} end`, "RST_STREAM 1 NO_ERROR"]);
});

Deno.test("a complete response before the end of its request resets the stream without an error (8.1)", () => {
  const [peer, one] = serverWith(1, 100);
  peer.connection.sendHeaders(one!, [...RESPONSE, ...TRAILERS], true);
  assertEquals(peer.sent().at(-1), "RST_STREAM 1 NO_ERROR");
  assertEquals(peer.give(data(1, 10)), []);
});

const REQUEST = [":method", "POST", ":scheme", "http", ":path", "/a/B", ":authority", "x"];

Deno.test("a client's streams open in order, however much output is queued", () => {
  const client = new Connection("client", http2Limits(DEFAULT_LIMITS, "client"), {
    onStream() {},
    onClosed() {},
    onGoAway() {},
    onFailed() {},
  }, { received: 0, queued: 0 });
  client.sendWindow.available = client.peer.initialWindowSize = 1 << 20;
  for (let i = 0; i < 60; i++) {
    const stream = client.open()!;
    client.sendHeaders(stream, REQUEST, false);
    client.sendData(stream, new Uint8Array(5), new Uint8Array(10_000), true);
  }
  const written = client.output.take();
  const opened: number[] = [];
  for (let at = 24; at < written.length;) {
    if (written[at + 3] === FrameType.HEADERS) opened.push(written[at + 8]!);
    at += 9 + (written[at]! << 16 | written[at + 1]! << 8 | written[at + 2]!);
  }
  assertEquals(opened, Array.from({ length: 60 }, (_, i) => 2 * i + 1));
});
