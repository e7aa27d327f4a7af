import { assertEquals } from "@std/assert";
import type { ClientCall } from "../../../transport/transport.ts";
import { KEPT_BYTES, MAX_KEPT_REQUESTS, RequestPump } from "./request_pump.ts";

/** A call that takes one request at a time: the next one must wait until it is `taken`. */
class SlowCall implements ClientCall {
  readonly status = undefined;
  readonly got: string[] = [];
  #room: PromiseWithResolvers<void> | undefined;

  send(message: Uint8Array): Promise<void> {
    if (this.#room) throw new Error("the one before has not been taken");
    this.got.push(new TextDecoder().decode(message));
    this.#room = Promise.withResolvers();
    return this.#room.promise;
  }

  /** Takes what waits, again and again, until nothing more comes. */
  async taken(times = Infinity): Promise<void> {
    for (let i = 0; i < times && this.#room; i++) {
      const { resolve } = this.#room;
      this.#room = undefined;
      resolve();
      await settled();
    }
  }

  end(): void {
    this.got.push("end");
  }

  receive(): undefined {}

  cancel(): void {
    this.got.push("cancelled");
  }
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** A pump of texts that the test gives one by one. */
function pumpOf(): { pump: RequestPump; give(...texts: string[]): Promise<void>; close(): Promise<void> } {
  const stream = new TransformStream<string, string>(undefined, undefined, { highWaterMark: Infinity });
  const writer = stream.writable.getWriter();
  const encode = (text: unknown) => ({ message: new TextEncoder().encode(text as string), compression: undefined });
  return {
    pump: new RequestPump(stream.readable[Symbol.asyncIterator](), encode),
    async give(...texts) {
      for (const text of texts) await writer.write(text);
      await settled();
    },
    async close() {
      await writer.close();
      await settled();
    },
  };
}

Deno.test("RequestPump sends the kept requests to the next call in order, at its pace, then the following ones", async () => {
  const { pump, give, close } = pumpOf();
  const [first, second] = [new SlowCall(), new SlowCall()];
  pump.attach(first);
  await give("a", "b", "c");
  await first.taken();
  assertEquals(first.got, ["a", "b", "c"]);
  pump.attach(second);
  await settled();
  assertEquals(second.got, ["a"]);
  await give("d");
  assertEquals(second.got, ["a"]);
  await second.taken(1);
  assertEquals(second.got, ["a", "b"]);
  await second.taken();
  assertEquals(second.got, ["a", "b", "c", "d"]);
  await close();
  assertEquals(second.got.at(-1), "end");
  assertEquals(first.got, ["a", "b", "c"]);
});

Deno.test("RequestPump starts again with a third call while the second one is catching up", async () => {
  const { pump, give, close } = pumpOf();
  const [first, second, third] = [new SlowCall(), new SlowCall(), new SlowCall()];
  pump.attach(first);
  await give("a", "b");
  await first.taken();
  pump.attach(second);
  await give("c");
  pump.attach(third);
  await second.taken();
  await third.taken();
  await close();
  assertEquals([second.got, third.got], [["a"], ["a", "b", "c", "end"]]);
});

Deno.test("RequestPump ends the next call after the repeated requests, if the requests had ended", async () => {
  const { pump, give, close } = pumpOf();
  const [first, second] = [new SlowCall(), new SlowCall()];
  pump.attach(first);
  await give("a", "b");
  await first.taken();
  await close();
  assertEquals(first.got, ["a", "b", "end"]);
  pump.attach(second);
  await second.taken();
  assertEquals(second.got, ["a", "b", "end"]);
});

Deno.test("RequestPump limits the number and the bytes of kept requests", async () => {
  for (const [text, most] of [["", MAX_KEPT_REQUESTS], ["x".repeat(KEPT_BYTES / 8), 8]] as const) {
    const { pump, give } = pumpOf();
    const call = new SlowCall();
    pump.attach(call);
    await give(...Array.from({ length: most }, () => text));
    await call.taken();
    assertEquals([call.got.length, pump.canRepeat], [most, true]);
    await give(text);
    assertEquals(pump.canRepeat, false);
  }
});
