import { assertEquals } from "@std/assert";
import { Peer, REQUEST, RESPONSE, settings } from "../../../tests/http2_peer.ts";
import { SettingId } from "../protocol/settings.ts";

const NOTHING = new Uint8Array(0);

Deno.test("each setting is accepted within its range, and fails the connection outside it (6.5.2)", () => {
  const { ENABLE_PUSH, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE } = SettingId;
  const cases: [id: number, value: number, failure?: string][] = [
    [SettingId.HEADER_TABLE_SIZE, 0],
    [SettingId.HEADER_TABLE_SIZE, 2 ** 32 - 1],
    [ENABLE_PUSH, 0],
    [ENABLE_PUSH, 1],
    [ENABLE_PUSH, 2, "PROTOCOL_ERROR"],
    [SettingId.MAX_CONCURRENT_STREAMS, 2 ** 32 - 1],
    [INITIAL_WINDOW_SIZE, 0],
    [INITIAL_WINDOW_SIZE, 2 ** 31 - 1],
    [INITIAL_WINDOW_SIZE, 2 ** 31, "FLOW_CONTROL_ERROR"],
    [MAX_FRAME_SIZE, 16_383, "PROTOCOL_ERROR"],
    [MAX_FRAME_SIZE, 16_384],
    [MAX_FRAME_SIZE, 16_777_215],
    [MAX_FRAME_SIZE, 16_777_216, "PROTOCOL_ERROR"],
    [SettingId.MAX_HEADER_LIST_SIZE, 0],
    [0x99, 2 ** 32 - 1],
  ];
  for (const [id, value, failure] of cases) {
    const peer = Peer.ready("server");
    assertEquals(peer.give(settings([id, value])), failure ? [`failed ${failure}`] : [], `${id} = ${value}`);
    if (!failure) assertEquals(peer.sent(), ["SETTINGS ACK"]);
  }
});

Deno.test("a server that allows push is a PROTOCOL_ERROR (6.5.2)", () => {
  assertEquals(Peer.ready("client").give(settings([SettingId.ENABLE_PUSH, 0])), []);
  assertEquals(Peer.ready("client").give(settings([SettingId.ENABLE_PUSH, 1])), ["failed PROTOCOL_ERROR"]);
});

Deno.test("a client opens up to 100 streams before the server's SETTINGS, and as many as they allow afterwards (5.1.2)", () => {
  const peer = new Peer("client");
  const openAll = (most: number) => {
    let opened = 0;
    while (opened < most && peer.connection.open()) opened++;
    return opened;
  };
  assertEquals(openAll(1000), 100);
  peer.give(settings());
  assertEquals(openAll(1000), 1000);
  peer.give(settings([SettingId.MAX_CONCURRENT_STREAMS, 1102]));
  assertEquals(openAll(1000), 2);
  peer.give(settings([SettingId.MAX_CONCURRENT_STREAMS, 0]));
  assertEquals(openAll(1000), 0);
});

Deno.test("a client opens no stream after the largest identifier (5.1.1)", () => {
  const peer = Peer.ready("client");
  peer.connection.state.nextStream = 2 ** 31 - 3;
  assertEquals(peer.connection.open()!.id, 2 ** 31 - 3);
  assertEquals(peer.connection.accepting, true);
  assertEquals(peer.connection.open()!.id, 2 ** 31 - 1);
  assertEquals(peer.connection.accepting, false);
  assertEquals(peer.connection.open(), undefined);
});

Deno.test("INITIAL_WINDOW_SIZE changes the windows of open streams, and queued data is sent (6.9.2)", () => {
  const peer = Peer.ready("client", {}, [SettingId.INITIAL_WINDOW_SIZE, 10]);
  const stream = peer.open();
  peer.sent();
  peer.connection.sendData(stream, NOTHING, new Uint8Array(30), true);
  assertEquals(peer.sent(), ["DATA 1 10"]);
  peer.give(settings([SettingId.INITIAL_WINDOW_SIZE, 25]));
  assertEquals(peer.sent(), ["SETTINGS ACK", "DATA 1 15"]);
  peer.give(settings([SettingId.INITIAL_WINDOW_SIZE, 5]));
  assertEquals(stream.sendWindow, -20);
  peer.give(settings([SettingId.INITIAL_WINDOW_SIZE, 25]));
  assertEquals(peer.sent(), ["SETTINGS ACK", "SETTINGS ACK"]);
  peer.give(settings([SettingId.INITIAL_WINDOW_SIZE, 100]));
  assertEquals(peer.sent(), ["SETTINGS ACK", "DATA 1 5 end"]);
});

Deno.test("INITIAL_WINDOW_SIZE that takes a stream's window over 2^31-1 is a FLOW_CONTROL_ERROR (6.9.2)", () => {
  const peer = Peer.ready("client");
  const stream = peer.open();
  stream.sendWindow += 1;
  assertEquals(peer.give(settings([SettingId.INITIAL_WINDOW_SIZE, 2 ** 31 - 1])), [
    "lost 1",
    "failed FLOW_CONTROL_ERROR",
  ]);
});

Deno.test("an empty frame that ends a stream is sent while the window is negative (6.9.1)", () => {
  const peer = Peer.ready("client");
  const stream = peer.open();
  peer.connection.sendData(stream, NOTHING, new Uint8Array(100), false);
  peer.give(settings([SettingId.INITIAL_WINDOW_SIZE, 50]));
  peer.sent();
  assertEquals(stream.sendWindow, -50);
  peer.connection.sendData(stream, NOTHING, NOTHING, true);
  assertEquals(peer.sent(), ["DATA 1 0 end"]);
  assertEquals(stream.sendWindow, -50);
});

Deno.test("no frame is sent above MAX_FRAME_SIZE (4.2)", () => {
  const peer = Peer.ready("client");
  const stream = peer.open();
  peer.sent();
  peer.connection.sendData(stream, NOTHING, new Uint8Array(40_000), false);
  assertEquals(peer.sent(), ["DATA 1 16384", "DATA 1 16384", "DATA 1 7232"]);
  peer.give(settings([SettingId.MAX_FRAME_SIZE, 20_000]));
  peer.sent();
  peer.connection.sendData(stream, NOTHING, new Uint8Array(20_000), false);
  assertEquals(peer.sent(), ["DATA 1 20000"]);
});

Deno.test("HEADER_TABLE_SIZE reaches the encoder; if a frame has several, the lowest is announced too (RFC 7541, 4.2)", () => {
  const firstOctets = (...values: [number, number][]) => {
    const peer = Peer.ready("server");
    peer.give(peer.request(1, false, REQUEST));
    peer.sent();
    peer.give(settings(...values));
    peer.connection.output.take();
    peer.connection.sendHeaders(peer.streams.get(1)!, RESPONSE, false);
    return [...peer.connection.output.buf.subarray(9, 13)];
  };
  assertEquals(firstOctets([1, 0])[0], 0x20);
  assertEquals(firstOctets([1, 0], [1, 4096]), [0x20, 0x3f, 0xe1, 0x1f]);
  assertEquals(firstOctets([1, 8192])[0]! & 0xe0, 0x80);
});
