import { assert, assertEquals } from "@std/assert";
import { MemorySocket } from "../../../tests/memory_socket.ts";
import { concat, data, frame, framesOf, Peer, ping, settings } from "../../../tests/http2_peer.ts";
import { FrameType, PREFACE } from "../../http2/protocol/frame.ts";
import type { CloseReason } from "./close_reason.ts";
import { Pump } from "./pump.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** A pump of a server, and the other end of its socket. */
function setUp(onFirst: (first: Uint8Array) => CloseReason | undefined = () => undefined) {
  const peer = new Peer("server", { controlFrames: Infinity, pingInterval: 0 });
  const [socket, far] = MemorySocket.pair();
  const pump = new Pump(socket, peer.connection, () => {}, onFirst);
  const done = pump.run();
  const readAll = async () => {
    await turn();
    const buf = new Uint8Array(far.unread);
    let at = 0;
    while (far.unread > 0) at += (await far.read(buf.subarray(at)))!;
    return buf;
  };
  return { peer, socket, far, pump, done, readAll };
}

Deno.test("the whole output is written, however little each write accepts", async () => {
  const { peer, socket, far, pump, done, readAll } = setUp();
  socket.most = 3;
  far.other.arrive(concat(PREFACE, settings(), peer.request(1)));
  await turn();
  await readAll();
  peer.connection.sendData(
    peer.streams.get(1)!,
    new Uint8Array(0),
    Uint8Array.from({ length: 1000 }, (_, i) => i),
    false,
  );
  pump.wake();
  for (let i = 0; i < 400; i++) await Promise.resolve();
  const [[type, , , payload]] = [...framesOf(await readAll())] as [[number, number, number, Uint8Array]];
  assertEquals([type, payload], [FrameType.DATA, Uint8Array.from({ length: 1000 }, (_, i) => i)]);
  assertEquals(pump.writingSince, undefined);
  pump.close("the end");
  assertEquals(await done, { kind: "closed", text: "the end" });
});

Deno.test("one write is in flight at a time, and the next one holds everything queued since", async () => {
  const { peer, socket, far, pump, done, readAll } = setUp();
  const gate = Promise.withResolvers<void>();
  socket.gate = gate.promise;
  far.other.arrive(concat(PREFACE, settings()));
  await turn();
  assert(pump.writingSince !== undefined);
  for (let i = 0; i < 5; i++) {
    far.other.arrive(ping());
    await turn();
  }
  assertEquals(far.unread, 0);
  socket.gate = undefined;
  gate.resolve();
  assertEquals([...framesOf(await readAll())].map(([type]) => type), [4, 8, 4, 6, 6, 6, 6, 6]);
  assertEquals(peer.connection.failure, undefined);
  pump.close("the end");
  await done;
});

Deno.test("a failed write, a failed read and the peer's end close the socket with a reason", async () => {
  const broken = setUp();
  broken.far.closed = true;
  broken.socket.arrive(PREFACE);
  const { kind, text, error } = await broken.done;
  assertEquals([kind, text, error?.message], ["lost", "the connection was lost: broken pipe", "broken pipe"]);
  assert(broken.socket.closed);
  const ended = setUp();
  await ended.far.closeWrite();
  assertEquals(await ended.done, { kind: "ended", text: "the peer closed the connection" });
  assert(ended.socket.closed);
  const wrong = setUp(() => ({ kind: "unusable", text: "speaks HTTP/1" }));
  wrong.far.other.arrive(new Uint8Array([1]));
  assertEquals(await wrong.done, { kind: "unusable", text: "speaks HTTP/1" });
});

Deno.test("end() sends the queue, ends the writing side, and closes when the peer has ended", async () => {
  const { peer, socket, far, pump, done } = setUp();
  peer.connection.refuseStreams();
  pump.end();
  pump.end();
  const buf = new Uint8Array(1000);
  const n = await far.read(buf);
  assertEquals([...framesOf(buf.subarray(0, n!))].at(-1)![0], FrameType.GOAWAY);
  assertEquals(await far.read(buf), null);
  assert(!socket.closed);
  far.close();
  assertEquals((await done).kind, "ended");
});

Deno.test("end() closes the socket after a time, also if the peer never ends", async () => {
  const { pump, done } = setUp();
  pump.end();
  assertEquals((await done).kind, "closed");
});

Deno.test("the read buffer grows while the peer fills it, and shrinks afterwards", async () => {
  const { peer, socket, far, pump, done } = setUp();
  far.other.arrive(concat(PREFACE, settings(), peer.request(1)));
  for (let i = 0; i < 40; i++) far.other.arrive(concat(...Array.from({ length: 4 }, () => data(1, 16_384))));
  await turn();
  assertEquals(peer.told().filter((line) => line === "data 1 16384").length, 160);
  assert(Math.max(...socket.rooms) > 16_384 + 9, `${Math.max(...socket.rooms)}`);
  for (let i = 0; i < 1000; i++) {
    far.other.arrive(frame(0x99, 0, 0));
    await Promise.resolve();
    await turn();
  }
  assertEquals(socket.rooms.at(-1), 2048);
  pump.close("the end");
  await done;
});

Deno.test("a peer that does not read the responses is not read from until it does", async () => {
  const { peer, socket, far, pump, done } = setUp();
  const gate = Promise.withResolvers<void>();
  socket.gate = gate.promise;
  far.other.arrive(concat(PREFACE, settings()));
  await turn();
  const many = new Uint8Array(17 * 10_000);
  for (let i = 0; i < 10_000; i++) many.set(ping(), 17 * i);
  for (let i = 0; i < 30; i++) far.other.arrive(many);
  for (let i = 0; i < 20; i++) await turn();
  assert(peer.connection.output.length < 1_500_000, `${peer.connection.output.length} octets wait`);
  assert(socket.unread > 3_000_000);
  socket.gate = undefined;
  gate.resolve();
  for (let i = 0; i < 20; i++) await turn();
  assertEquals(socket.unread, 0);
  assert(far.unread > 30 * 17 * 10_000);
  pump.close("the end");
  await done;
});

Deno.test("a server sends nothing before its client does, and only a rejection if the client speaks another protocol", async () => {
  const { peer, socket, far, pump, done, readAll } = setUp(() => {
    void pump.answer(new Uint8Array([72, 73]));
    return undefined;
  });
  assertEquals((await readAll()).length, 0);
  socket.arrive(new Uint8Array([71, 69, 84]));
  assertEquals(await readAll(), new Uint8Array([72, 73]));
  assertEquals(peer.told(), ["failed PROTOCOL_ERROR"]);
  far.close();
  await done;
});
