import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../default_limits.ts";
import { http2Limits } from "../grpc/http2_limits.ts";
import { Connection } from "./connection.ts";
import { FrameType } from "./frame.ts";

const REQUEST = [":method", "POST", ":scheme", "http", ":path", "/a/B", ":authority", "x"];

Deno.test("a client's streams open in their order, however much waits to be written", () => {
  const client = new Connection("client", http2Limits(DEFAULT_LIMITS), {
    onStream() {},
    onClosed() {},
    onGoAway() {},
    onFailed() {},
  }, { received: 0, queued: 0 });
  client.sender.window = client.peer.initialWindowSize = 1 << 20;
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
