import { assert, assertEquals } from "@std/assert";
import { data, Peer, pong } from "../../../tests/http2_peer.ts";
import { Output } from "./output.ts";
import { PingPurpose } from "./pings.ts";
import { INITIAL_STREAM_WINDOW_BYTES, ReceiveWindow } from "./receive_window.ts";
import { Stream, StreamState } from "./stream.ts";

const MIB_BYTES = 1024 * 1024;

/** Removes the WINDOW_UPDATEs from an output, and returns each as stream and octets. */
function updates(output: Output): [number, number][] {
  const found: [number, number][] = [];
  const { buf, length } = output;
  const view = new DataView(buf.buffer);
  for (let at = 0; at < length; at += 9 + (buf[at + 2]!)) {
    if (buf[at + 3] === 8) found.push([view.getUint32(at + 5), view.getUint32(at + 9)]);
  }
  output.length = 0;
  return found;
}

Deno.test("the connection's window opens by half of it at a time, while little is held", () => {
  const output = new Output();
  const window = new ReceiveWindow(output, MIB_BYTES, 100, { received: 0, queued: 0 });
  window.start();
  assertEquals(updates(output), [[0, MIB_BYTES - 65_535]]);
  for (let i = 0; i < 31; i++) {
    window.receive(16_384);
    window.release(16_384);
  }
  assertEquals(updates(output), []);
  window.receive(16_384);
  window.release(16_384);
  assertEquals(updates(output), [[0, MIB_BYTES / 2]]);
  assertEquals(window.available, MIB_BYTES);
});

Deno.test("the connection's window stays open to others while slow readers hold more than half of it", () => {
  const output = new Output();
  const budget = { received: 0, queued: 0 };
  const window = new ReceiveWindow(output, MIB_BYTES, 100, budget);
  window.start();
  window.receive(MIB_BYTES * 0.75); // nobody reads this
  let moved = 0;
  for (let i = 0; i < 1000 && window.available > 0; i++) {
    const octets = Math.min(16_384, window.available);
    window.receive(octets);
    window.release(octets);
    moved += octets;
  }
  assertEquals(moved, 1000 * 16_384);
  assertEquals([window.held, budget.received], [MIB_BYTES * 0.75, MIB_BYTES * 0.75]);
});

Deno.test("no WINDOW_UPDATE of 0 is sent", () => {
  const output = new Output();
  const window = new ReceiveWindow(output, 65_535, 100, { received: 0, queued: 0 });
  window.receive(65_535);
  window.release(0);
  assertEquals(updates(output), []);
});

Deno.test("DATA beyond the connection's window is a FLOW_CONTROL_ERROR of the connection (6.9)", () => {
  const peer = Peer.ready("server", { connectionBufferBytes: 65_535 });
  peer.reads = false;
  peer.give(peer.request(1), data(1, 16_384), data(1, 16_384), data(1, 16_384), data(1, 16_383));
  peer.told();
  assertEquals(peer.give(data(1, 1)), ["lost 1", "failed FLOW_CONTROL_ERROR"]);
});

Deno.test("DATA beyond a stream's window is a FLOW_CONTROL_ERROR of the stream, and is not held (6.9)", () => {
  const peer = Peer.ready("server");
  peer.reads = false;
  peer.give(peer.request(1), peer.request(3));
  for (let i = 0; i < INITIAL_STREAM_WINDOW_BYTES / 16_384; i++) peer.give(data(1, 16_384));
  peer.told();
  assertEquals(peer.give(data(1, 1)), ["reset 1 FLOW_CONTROL_ERROR"]);
  assertEquals(peer.connection.receiveWindow.held, INITIAL_STREAM_WINDOW_BYTES);
  assertEquals(peer.give(data(3, 1)), ["data 3 1"]);
});

Deno.test("a stream's window opens by half of it at a time, and not after its end", () => {
  const output = new Output();
  const window = new ReceiveWindow(output, 16 * MIB_BYTES, 10, { received: 0, queued: 0 });
  const stream = new Stream(1, 0, INITIAL_STREAM_WINDOW_BYTES);
  window.consume(stream, INITIAL_STREAM_WINDOW_BYTES / 2 - 1);
  assertEquals(updates(output), []);
  window.consume(stream, 1);
  assertEquals(updates(output), [[1, INITIAL_STREAM_WINDOW_BYTES / 2]]);
  stream.state = StreamState.HalfClosedRemote;
  window.consume(stream, INITIAL_STREAM_WINDOW_BYTES);
  assertEquals(updates(output), []);
});

/** A window whose streams' window has doubled `times` times. */
function grown(times: number): [Output, ReceiveWindow] {
  const output = new Output();
  const window = new ReceiveWindow(output, 16 * MIB_BYTES, 10, { received: 0, queued: 0 });
  window.start();
  for (let i = 0; i < times; i++) {
    const target = INITIAL_STREAM_WINDOW_BYTES * 2 ** i;
    while (!window.wantsSample()) {
      window.receive(target / 2);
      window.release(target / 2);
    }
    window.receive(target);
    window.release(target);
    window.sampled();
  }
  output.length = 0;
  return [output, window];
}

Deno.test("the windows of streams double when one is nearly full in a round trip, up to 4 MiB", () => {
  const stream = () => new Stream(1, 0, INITIAL_STREAM_WINDOW_BYTES);
  for (const [times, expected] of [[0, 0.25], [1, 0.5], [2, 1], [4, 4]] as const) {
    const [output, window] = grown(times);
    window.consume(stream(), INITIAL_STREAM_WINDOW_BYTES);
    assertEquals(updates(output), [[1, expected * MIB_BYTES]], `doubled ${times} times`);
  }
  const [, window] = grown(4);
  window.receive(8 * MIB_BYTES);
  assert(!window.wantsSample());
});

Deno.test("a stream that begins after the windows have grown gets the larger window", () => {
  for (const times of [1, 2, 3, 4]) {
    const [output, window] = grown(times);
    const stream = new Stream(1, 0, INITIAL_STREAM_WINDOW_BYTES);
    for (let moved = 0; moved < 10 * MIB_BYTES; moved += 16_384) {
      assert(stream.receiveWindow >= 16_384, `doubled ${times} times: stuck after ${moved} octets`);
      stream.receiveWindow -= 16_384;
      window.consume(stream, 16_384);
    }
    assert(updates(output).length > 0);
  }
});

Deno.test("a connection measures a round trip by PING, one at a time", () => {
  const peer = Peer.ready("server");
  peer.give(peer.request(1));
  const pings = () => peer.sent().filter((line) => line.startsWith("PING"));
  for (let i = 0; i < 8; i++) peer.give(data(1, 16_384));
  assertEquals(pings(), ["PING 0100000000000000"]);
  for (let i = 0; i < 20; i++) peer.give(data(1, 16_384));
  assertEquals(pings(), []);
  peer.give(pong(PingPurpose.Bandwidth));
  for (let i = 0; i < 15; i++) peer.give(data(1, 16_384));
  assertEquals(pings(), []);
  peer.give(data(1, 16_384));
  assertEquals(pings(), ["PING 0100000000000000"]);
});

Deno.test("a slow reader never holds more than the connection's window, nor a stream more than its own, over 1 GiB", () => {
  const target = 2 * MIB_BYTES;
  const output = new Output();
  const budget = { received: 0, queued: 0 };
  const window = new ReceiveWindow(output, target, 3, budget);
  window.start();
  // The writer's side of the windows: it sends whatever it may, at once.
  let credit = 65_535;
  const streams = [1, 3, 5].map((id) => ({
    stream: new Stream(id, 0, INITIAL_STREAM_WINDOW_BYTES),
    credit: 0,
    held: 0,
  }));
  for (const one of streams) one.credit = INITIAL_STREAM_WINDOW_BYTES;
  let most = 0, moved = 0;
  for (let round = 0; moved < 1024 * MIB_BYTES; round++) {
    for (const [id, octets] of updates(output)) {
      if (id === 0) credit += octets;
      else streams[(id - 1) / 2]!.credit += octets;
    }
    for (const one of streams) {
      while (one.credit > 0 && credit > 0) {
        const octets = Math.min(16_384, one.credit, credit);
        one.credit -= octets;
        credit -= octets;
        window.receive(octets);
        one.stream.receiveWindow -= octets;
        one.held += octets;
      }
      assert(one.stream.receiveWindow >= 0 && one.held <= 4 * MIB_BYTES);
    }
    if (window.wantsSample()) window.sampled();
    most = Math.max(most, window.held);
    assert(window.held <= target && budget.received === window.held, `${window.held} held in round ${round}`);
    const one = streams[round % 3]!;
    const taken = Math.min(one.held, 5 + (round * 7919) % 100_000);
    one.held -= taken;
    moved += taken;
    window.release(taken);
    window.consume(one.stream, taken);
  }
  assert(most > INITIAL_STREAM_WINDOW_BYTES);
  for (const { stream, held } of streams) {
    window.release(held);
    window.consume(stream, held);
  }
  assertEquals([window.held, budget.received], [0, 0]);
});

const newStream = (id: number) => new Stream(id, 65_535, INITIAL_STREAM_WINDOW_BYTES);

/** Sends as much as a stream's window allows, and consumes it at once. */
function fill(window: ReceiveWindow, stream: Stream): void {
  const octets = Math.min(stream.receiveWindow, window.available);
  window.receive(octets);
  stream.receiveWindow -= octets;
  window.release(octets);
  window.consume(stream, octets);
}

Deno.test("a new stream's window opens again, however large the others have grown", () => {
  const window = new ReceiveWindow(new Output(), 1 << 24, 10, { received: 0, queued: 0 });
  window.start();
  const first = newStream(1);
  for (let i = 0; i < 10; i++) {
    if (window.wantsSample()) {
      fill(window, first);
      window.sampled();
    } else fill(window, first);
  }
  assertEquals(first.windowTarget > 4 * INITIAL_STREAM_WINDOW_BYTES, true);
  const second = newStream(3);
  fill(window, second);
  assertEquals(second.receiveWindow > 0, true);
});

Deno.test("the windows of all streams together stay within the connection's, and closed streams return their share", () => {
  const output = new Output();
  const window = new ReceiveWindow(output, 32 * MIB_BYTES, 100, { received: 0, queued: 0 });
  window.start();
  const streams = Array.from({ length: 100 }, (_, i) => newStream(2 * i + 1));
  const grow = () => {
    for (let i = 0; i < 500; i++) {
      fill(window, streams[i % 100]!);
      if (window.wantsSample()) {
        for (const one of streams) fill(window, one);
        window.sampled();
      }
    }
  };
  const sum = () => streams.reduce((all, { windowTarget }) => all + windowTarget, 0);
  grow();
  assertEquals(sum(), 32 * MIB_BYTES);
  for (let i = 0; i < 50; i++) {
    window.closed(streams[i]!);
    streams[i] = newStream(2 * i + 201);
  }
  grow();
  assertEquals(sum(), 32 * MIB_BYTES);
});

Deno.test("the octets that a lost connection held are released, once", () => {
  const budget = { received: 0, queued: 0 };
  const window = new ReceiveWindow(new Output(), 1 << 20, 10, budget);
  window.receive(1000);
  assertEquals(budget.received, 1000);
  window.end();
  window.release(1000);
  assertEquals(budget.received, 0);
});
