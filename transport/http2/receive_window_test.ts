import { assertEquals } from "@std/assert";
import { Output } from "./output.ts";
import { INITIAL_STREAM_WINDOW, ReceiveWindow } from "./receive_window.ts";
import { Stream } from "./stream.ts";

const newStream = (id: number) => new Stream(id, 65_535, INITIAL_STREAM_WINDOW);

/** Takes as much as a stream's window allows, and consumes it at once. */
function fill(window: ReceiveWindow, stream: Stream): void {
  const octets = Math.min(stream.receiveWindow, window.available);
  window.receive(octets);
  stream.receiveWindow -= octets;
  window.release(octets);
  window.consume(stream, octets);
}

Deno.test("a new stream's window opens again, however wide the others have grown", () => {
  const window = new ReceiveWindow(new Output(), 1 << 24, { received: 0, queued: 0 });
  window.start();
  const first = newStream(1);
  for (let i = 0; i < 10; i++) {
    if (window.wantsSample()) {
      fill(window, first);
      window.sampled();
    } else fill(window, first);
  }
  assertEquals(first.windowTarget > 4 * INITIAL_STREAM_WINDOW, true);
  const second = newStream(3);
  fill(window, second);
  assertEquals(second.receiveWindow > 0, true);
});

Deno.test("what a lost connection held is given back, once", () => {
  const budget = { received: 0, queued: 0 };
  const window = new ReceiveWindow(new Output(), 1 << 20, budget);
  window.receive(1000);
  assertEquals(budget.received, 1000);
  window.end();
  window.release(1000);
  assertEquals(budget.received, 0);
});
