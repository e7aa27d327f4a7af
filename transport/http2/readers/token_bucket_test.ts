import { assertEquals, assertThrows } from "@std/assert";
import {
  data,
  frame,
  Peer,
  ping,
  pong,
  REQUEST,
  rstStream,
  settings,
  settingsAck,
  uint32,
  windowUpdate,
} from "../../../tests/http2_peer.ts";
import { ConnectionError, ErrorCode } from "../protocol/error.ts";
import { FrameType } from "../protocol/frame.ts";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("a bucket lets a burst through, then four for each useful frame, then none", () => {
  let useful = 0;
  const bucket = new TokenBucket("controlFrames", 10, () => useful);
  for (let i = 0; i < 10; i++) bucket.spend("PINGs");
  useful = 2;
  for (let i = 0; i < 8; i++) bucket.spend("PINGs");
  const error = assertThrows(() => bucket.spend("PINGs"), ConnectionError);
  assertEquals([error.code, error.limit], [ErrorCode.ENHANCE_YOUR_CALM, "controlFrames"]);
  assertEquals(error.message, "too many PINGs (limits.controlFrames)");
});

Deno.test("useful frames refill the bucket up to the burst, and Infinity sets no limit", () => {
  const bucket = new TokenBucket("resets", 3, () => 1_000_000);
  for (let i = 0; i < 6; i++) bucket.spend("resets");
  assertThrows(() => bucket.spend("resets"), ConnectionError);
  const open = new TokenBucket("resets", Infinity, () => 0);
  for (let i = 0; i < 10_000; i++) open.spend("resets");
});

Deno.test("a flood of any frames without data is ENHANCE_YOUR_CALM", () => {
  const floods: Record<string, (peer: Peer) => Uint8Array> = {
    "SETTINGS": () => settings(),
    "SETTINGS ACK": () => settingsAck(),
    "PING ACK": () => pong(2),
    "PRIORITY": () => frame(FrameType.PRIORITY, 0, 1, [...uint32(0), 1]),
    "WINDOW_UPDATE": () => windowUpdate(0, 1),
    "WINDOW_UPDATE of a closed stream": () => windowUpdate(1, 1),
    "empty DATA": () => data(3, 0),
    "empty DATA on a stream that was reset": () => data(5, 0),
    "unknown frames": () => frame(0x99, 0, 0),
    "GOAWAY": () => frame(FrameType.GOAWAY, 0, 0, new Uint8Array(8)),
    "RST_STREAM of a closed stream": () => rstStream(1),
  };
  for (const [name, flood] of Object.entries(floods)) {
    const peer = Peer.ready("server", { controlFrames: 50, resets: 50 });
    peer.give(peer.request(1), rstStream(1), peer.request(3), peer.request(5));
    peer.connection.reset(peer.streams.get(5)!, ErrorCode.CANCEL);
    let taken = 0;
    while (taken < 5000 && peer.connection.failure === undefined) {
      peer.give(flood(peer));
      taken++;
    }
    assertEquals(peer.connection.failure?.code, ErrorCode.ENHANCE_YOUR_CALM, name);
  }
});

Deno.test("a client has the same limits as a server", () => {
  for (const flood of [ping(), settings(), windowUpdate(0, 1), rstStream(1)]) {
    const peer = Peer.ready("client", { controlFrames: 50 });
    peer.connection.reset(peer.open(), ErrorCode.CANCEL);
    for (let i = 0; i < 5000; i++) peer.give(flood);
    assertEquals(peer.connection.failure?.code, ErrorCode.ENHANCE_YOUR_CALM);
  }
});

Deno.test("rapid reset is ENHANCE_YOUR_CALM, also of complete requests (CVE-2023-44487)", () => {
  const ways: Record<string, (peer: Peer, id: number) => Uint8Array[]> = {
    "headers": (peer, id) => [peer.request(id), rstStream(id)],
    "headers that end": (peer, id) => [peer.request(id, true), rstStream(id)],
    "headers and data": (peer, id) => [peer.request(id), data(id, 5, true), rstStream(id)],
    "a window of 0 (MadeYouReset)": (peer, id) => [peer.request(id), windowUpdate(id, 0)],
    "a malformed request": (peer, id) => [peer.request(id, true, [...REQUEST, "te", "gzip"])],
  };
  for (const [name, way] of Object.entries(ways)) {
    const peer = Peer.ready("server", { resets: 50 });
    let id = 1;
    for (; id < 10_000 && peer.connection.failure === undefined; id += 2) peer.give(...way(peer, id));
    assertEquals(peer.connection.failure?.limit, "resets", name);
  }
});

Deno.test("a call that is answered before its end compensates its client's reset", () => {
  const peer = Peer.ready("server", { resets: 50 });
  for (let id = 1; id < 4000; id += 2) {
    peer.give(peer.request(id));
    peer.connection.sendHeaders(peer.streams.get(id)!, [":status", "200"], true);
    peer.give(rstStream(id));
    peer.sent();
  }
  assertEquals(peer.connection.failure, undefined);
});

Deno.test("completed calls compensate resets: every second call may be reset without end", () => {
  const peer = Peer.ready("server", { resets: 50 });
  for (let id = 1; id < 4000; id += 4) {
    peer.give(peer.request(id, true), peer.request(id + 2), rstStream(id + 2));
    peer.connection.sendHeaders(peer.streams.get(id)!, [":status", "200"], true);
    peer.sent();
  }
  assertEquals(peer.connection.failure, undefined);
});

Deno.test("a late reset, or one after the response, is not a rapid reset", async () => {
  const peer = Peer.ready("server", { resets: 5, controlFrames: 1000 });
  const ids = Array.from({ length: 50 }, (_, n) => 2 * n + 1);
  peer.give(...ids.map((id) => peer.request(id)));
  await new Promise((resolve) => setTimeout(resolve, 60));
  peer.give(...ids.map((id) => rstStream(id)));
  assertEquals([peer.connection.failure, peer.connection.streams.size], [undefined, 0]);

  peer.give(...ids.map((id) => peer.request(id + 100, true)));
  for (const id of ids) peer.connection.sendHeaders(peer.streams.get(id + 100)!, [":status", "200"], true);
  peer.give(...ids.map((id) => rstStream(id + 100)));
  assertEquals(peer.connection.failure, undefined);

  peer.give(...ids.map((id) => peer.request(id + 200)), ...ids.map((id) => rstStream(id + 200)));
  assertEquals(peer.connection.failure?.limit, "resets");
});
