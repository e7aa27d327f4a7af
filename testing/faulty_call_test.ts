import { assert, assertEquals } from "@std/assert";
import { type RpcError, Status } from "../mod.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import { assertRpcError, collect, fakeClock, testPair } from "./mod.ts";
import { FaultyCall } from "./faulty_call.ts";
import type { ServerCall } from "../mod.ts";

/** A service of streams, and the signals that its handlers got. */
async function streams() {
  const signals: AbortSignal[] = [];
  const pair = await testPair(Kinds, {
    unary: ({ text }) => ({ text }),
    async *serverStream({ text: quiet }, { signal }) {
      signals.push(signal);
      for (const text of ["1", "2", "3"]) {
        yield { text };
        if (text === quiet) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      }
    },
    async clientStream(requests) {
      return { text: (await Array.fromAsync(requests, ({ text }) => text)).join() };
    },
    async *bidi(requests) {
      for await (const { text } of requests) yield { text };
    },
  });
  return Object.assign(pair, { signals });
}

async function* texts(...all: string[]) {
  for (const text of all) yield { text };
}

/** What a stream gave, and how it failed. */
async function read(stream: AsyncIterable<{ text: string }>): Promise<[string, Status | undefined]> {
  const { messages, error } = await collect(stream);
  return [messages.map(({ text }) => text).join(""), (error as RpcError | undefined)?.code];
}

Deno.test("a status after some responses: they arrive, the stream fails though the handler is quiet, the next is whole", async () => {
  await using kinds = await streams();
  kinds.faults.inject({ method: "ServerStream", attempts: [1], after: { responses: 2 }, status: Status.ABORTED });
  assertEquals(await read(kinds.client.serverStream({ text: "2" })), ["12", Status.ABORTED]);
  assert(kinds.signals[0]!.aborted);
  assertEquals(await read(kinds.client.serverStream({})), ["123", undefined]);
  assert(!kinds.signals[1]!.aborted);
});

Deno.test("a status after all responses replaces the successful end, also of a unary call", async () => {
  await using kinds = await streams();
  kinds.faults.inject({ after: { responses: 3 }, status: Status.ABORTED });
  assertEquals(await read(kinds.client.serverStream({})), ["123", Status.ABORTED]);
  assertEquals((await kinds.client.unary({ text: "one response" })).text, "one response");
  kinds.faults.clear();
  kinds.faults.inject({ after: { responses: 1 }, status: Status.UNKNOWN });
  await assertRpcError(kinds.client.unary({ text: "" }), { code: Status.UNKNOWN });
  assertEquals(kinds.calls.map(({ error }) => error), [undefined, undefined, undefined], "the handlers did their work");
});

Deno.test("a drop after some responses: they arrive even if not yet requested, and the connection is lost", async () => {
  await using kinds = await streams();
  kinds.faults.inject({ attempts: [1], after: { responses: 2 }, drop: true });
  const replies = kinds.client.serverStream({})[Symbol.asyncIterator]();
  assertEquals((await replies.next()).value.text, "1");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals((await replies.next()).value.text, "2");
  await assertRpcError(replies.next(), { code: Status.UNAVAILABLE, message: /the connection was lost/ });
  assertEquals(await read(kinds.client.serverStream({})), ["123", undefined]);
});

Deno.test("a status after some requests: those are answered", async () => {
  await using kinds = await streams();
  kinds.faults.inject({ after: { requests: 2 }, status: Status.ABORTED });
  assertEquals(await read(kinds.client.bidi(texts("a", "b", "c"))), ["ab", Status.ABORTED]);
  await assertRpcError(kinds.client.clientStream(texts("a", "b", "c")), { code: Status.ABORTED });
  assertEquals(kinds.calls.map(({ requests }) => requests.length), [2, 2]);
});

Deno.test("a hang and a delay after some responses go by the clock", async () => {
  using clock = fakeClock();
  await using kinds = await streams();
  kinds.faults.inject({ attempts: [1], after: { responses: 1 }, hang: true });
  kinds.faults.inject({ attempts: [2], after: { responses: 1 }, delay: 400 });
  kinds.faults.inject({ attempts: [3], after: { responses: 1 }, delay: 400, status: Status.ABORTED });
  const reading = () => read(kinds.client.serverStream({}, { timeout: 500 }));
  const timed = () => {
    const start = clock.now;
    return clock.pass(500, reading().then((got) => [...got, clock.now - start]));
  };
  assertEquals(await timed(), ["1", Status.DEADLINE_EXCEEDED, 500]);
  assertEquals(await timed(), ["123", undefined, 400]);
  assertEquals(await timed(), ["1", Status.ABORTED, 400]);
  assertEquals(kinds.calls.map(({ ended }) => ended), [true, true, true], "no handler is left waiting");
  kinds.faults.inject({ attempts: [1], after: { responses: 1 }, delay: 600, drop: true });
  await timed();
  await clock.pass(500, kinds.client.unary({}));
  assertEquals(
    kinds.calls.at(-1)!.peer,
    kinds.calls[0]!.peer,
    "a call that has ended before the delay has passed is not dropped",
  );
});

Deno.test("a hang does not block receive() of a call that was cancelled before the fault acts", async () => {
  const inner = { signal: AbortSignal.abort(), receive: () => undefined } as unknown as ServerCall;
  const call = new FaultyCall(inner, { hang: true, after: { requests: 1 } }, () => {});
  assertEquals([await call.receive(), await call.receive()], [undefined, undefined]);
});
