import { assert, assertEquals, assertRejects } from "@std/assert";
import { seeded } from "../../../tests/random.ts";
import { uint32 } from "../../../tests/http2_peer.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import { Output } from "../../http2/state/output.ts";
import { ReceiveWindow } from "../../http2/state/receive_window.ts";
import { Stream } from "../../http2/state/stream.ts";
import { Inbox } from "./inbox.ts";
import { turnBegins } from "./turn.ts";

const message = (size: number, flag = 0) => new Uint8Array([flag, ...uint32(size), ...new Uint8Array(size)]);

function setUp(encoding?: string) {
  const budget = { received: 0, queued: 0 };
  const window = new ReceiveWindow(new Output(), 2 ** 24, 10, budget);
  window.start();
  const bad: RpcError[] = [];
  const inbox: Inbox = new Inbox(new Stream(1, 0, 2 ** 18), window, 1000, encoding, {
    onBadMessage(error) {
      bad.push(error);
      inbox.discard(error);
    },
  });
  const push = (octets: Uint8Array) => {
    window.receive(octets.length);
    inbox.push(octets, 0, octets.length);
  };
  return { budget, window, inbox, push, bad };
}

Deno.test("messages arrive in order, for waiting and for later readers, and undefined follows the last", async () => {
  const { inbox, push, budget } = setUp();
  const waits = inbox.next();
  push(message(3));
  assertEquals((await waits)!.length, 3);
  push(message(4));
  push(message(0));
  inbox.finish();
  assert(!inbox.drained);
  assertEquals([(await inbox.next())!.length, (await inbox.next())!.length, await inbox.next()], [4, 0, undefined]);
  assert(inbox.drained);
  assertEquals(budget.received, 0);
});

Deno.test("the end and an error reach a waiting reader; an error follows the messages before it", async () => {
  const error = new RpcError(Status.CANCELLED, "x");
  const one = setUp();
  const waits = one.inbox.next();
  one.inbox.end();
  assertEquals(await waits, undefined);
  const two = setUp();
  const fails = assertRejects(async () => await two.inbox.next(), RpcError);
  two.inbox.end(error);
  await fails;
  const three = setUp();
  three.push(message(5));
  three.inbox.end(error);
  assertEquals((await three.inbox.next())!.length, 5);
  await assertRejects(async () => await three.inbox.next(), RpcError);
});

Deno.test("the end inside a message is INTERNAL", async () => {
  const { inbox, push, bad, budget } = setUp();
  push(message(5).subarray(0, 7));
  inbox.finish();
  assertEquals(bad.map(({ code }) => code), [Status.INTERNAL]);
  await assertRejects(async () => await inbox.next(), RpcError, "inside a message");
  assertEquals(budget.received, 0);
});

Deno.test("a message that can't be decompressed is reported to the waiting reader", async () => {
  const { inbox, push, budget } = setUp("gzip");
  const waits = assertRejects(async () => await inbox.next(), RpcError, "not valid gzip");
  push(message(5, 1));
  await waits;
  assertEquals(budget.received, 0);
});

Deno.test("the held octets are never below 0, and 0 at the end, for random sequences of events", async () => {
  const random = seeded(7);
  for (let run = 0; run < 500; run++) {
    const { inbox, push, window, budget } = setUp(run % 2 ? "gzip" : undefined);
    let rest = new Uint8Array(0);
    let waits = false;
    for (let i = 0; i < 40; i++) {
      switch (random(8)) {
        case 0:
          inbox.letIn();
          break;
        case 1:
        case 2:
          if (waits) break;
          waits = true;
          Promise.resolve().then(() => inbox.next()).catch(() => {}).finally(() => waits = false);
          await Promise.resolve();
          break;
        case 3:
          if (random(20) === 0) inbox.finish();
          break;
        case 4:
          if (random(40) === 0) inbox.end(new RpcError(Status.CANCELLED, "x"));
          break;
        default: {
          if (rest.length === 0) rest = message(random(400), random(200) === 0 ? random(4) : 0);
          const octets = 1 + random(rest.length);
          push(rest.subarray(0, octets));
          rest = rest.slice(octets);
        }
      }
      assert(window.held >= 0 && window.held === budget.received);
    }
    inbox.discard(new RpcError(Status.CANCELLED, "x"));
    assertEquals([window.held, budget.received], [0, 0], `run ${run}`);
    await Promise.resolve();
  }
});

Deno.test("the first message of a call does not wait for the next turn, however long this one is; later messages do", async () => {
  turnBegins(performance.now() - 10_000);
  const inboxes = Array.from({ length: 100 }, () => setUp());
  for (const { inbox, push } of inboxes) {
    push(message(3));
    push(message(4));
    assert(inbox.next() instanceof Uint8Array);
  }
  const second = inboxes.map(({ inbox }) => inbox.next());
  assert(second.some((next) => next instanceof Promise));
  assertEquals((await Promise.all(second)).map((next) => next!.length), Array(100).fill(4));
});
