import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { GrpcPair, result } from "../../../tests/grpc_pair.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import type { Limits, ServerCall } from "../../transport.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

async function echo(call: ServerCall): Promise<void> {
  try {
    for (let message; (message = await call.receive());) await call.send(message);
    call.finish({ code: Status.OK, message: "" });
  } catch (error) {
    const { code, rawMessage } = RpcError.from(error);
    call.finish({ code, message: rawMessage });
  }
}

Deno.test("a call carries fields, messages and a status both ways, compressed or not", async () => {
  for (const compression of ["identity", "gzip", "deflate"] as const) {
    await using pair = new GrpcPair({
      compression,
      onCall: async (call) => {
        call.sendHeader(new Metadata({ "x-h": call.metadata.get("x-q")! }));
        const size = (await call.receive())!.length;
        void call.send(new Uint8Array(size * 2));
        assertEquals(await call.receive(), undefined);
        call.finish({
          code: Status.NOT_FOUND,
          message: "nö",
          trailer: new Metadata({ "t-bin": new Uint8Array([1]) }),
          details: new Uint8Array([8, 5]),
        });
      },
    });
    await pair.client.ready;
    let header: Metadata | undefined;
    const call = pair.start({ metadata: new Metadata({ "x-q": "a" }), onHeader: (got) => header = got });
    void call.send(new Uint8Array(1000), undefined, true);
    const [sizes, status] = await result(call);
    assertEquals(sizes, [2000]);
    assertEquals([status.code, status.message, status.details], [Status.NOT_FOUND, "nö", new Uint8Array([8, 5])]);
    assertEquals(status.trailer!.get("t-bin"), new Uint8Array([1]));
    assertEquals(header!.get("x-h"), "a");
    assertEquals(pair.budget.received, 0);
  }
});

Deno.test("messages larger than all windows are transferred, both ways", async () => {
  await using pair = new GrpcPair({ onCall: echo });
  await pair.client.ready;
  const call = pair.start();
  for (let i = 0; i < 3; i++) await call.send(new Uint8Array(4_000_000), undefined, i === 2);
  const [sizes, status] = await result(call);
  assertEquals(sizes, [4_000_000, 4_000_000, 4_000_000]);
  assertEquals(status.code, Status.OK);
  assertEquals([pair.budget.received, pair.client.budget.received], [0, 0]);
});

Deno.test("100 concurrent calls get their responses, although these exceed the client's window together", async () => {
  await using pair = new GrpcPair({
    limits: { connectionBufferBytes: 1024 * 1024 },
    onCall: (call) => {
      void call.send(new Uint8Array(200_000));
      call.finish({ code: Status.OK, message: "" });
    },
  });
  await pair.client.ready;
  const calls = Array.from({ length: 100 }, () => pair.start());
  for (const call of calls) call.end();
  const timer = setTimeout(() => calls.forEach((call) => call.cancel()), 5000);
  for (const call of calls) assertEquals((await result(call))[1].code, Status.OK);
  clearTimeout(timer);
  assertEquals(pair.client.budget.received, 0);
});

Deno.test("a status without a message is one frame of trailers, and its call is unprocessed only if refused", async () => {
  await using pair = new GrpcPair({ onCall: (call) => call.finish({ code: Status.UNAVAILABLE, message: "" }) });
  const [sizes, status] = await result(pair.start());
  assertEquals([sizes, status.code, status.unprocessed], [[], Status.UNAVAILABLE, undefined]);
});

Deno.test("a client's cancel reaches the server's signal, and its own receive at once", async () => {
  await using pair = new GrpcPair();
  await pair.client.ready;
  const abort = new AbortController();
  const call = pair.start({ signal: abort.signal });
  void call.send(new Uint8Array(5));
  await turn();
  const { signal } = pair.calls[0]!;
  abort.abort();
  assertEquals(call.status!.code, Status.CANCELLED);
  assertEquals(await call.receive(), undefined);
  await turn();
  assertEquals((signal.reason as RpcError).code, Status.CANCELLED);
  await assertRejects(async () => await pair.calls[0]!.receive(), RpcError);
  assertEquals(pair.budget.received, 0);
});

Deno.test("a deadline ends a call on both sides", async () => {
  await using pair = new GrpcPair();
  await pair.client.ready;
  const call = pair.start({ deadline: performance.now() + 30 });
  const [, status] = await result(call);
  assertEquals(status.code, Status.DEADLINE_EXCEEDED);
  const served = pair.calls[0]!;
  if (!served.signal.aborted) await new Promise((resolve) => served.signal.addEventListener("abort", resolve));
  assert(served.signal.aborted);
  assertEquals(pair.start({ deadline: performance.now() - 1 }).status!.code, Status.DEADLINE_EXCEEDED);
});

Deno.test("messages that a server sends after the end have no effect", async () => {
  await using pair = new GrpcPair({
    onCall: (call) => {
      call.finish({ code: Status.OK, message: "" });
      call.finish({ code: Status.INTERNAL, message: "" });
      void call.send(new Uint8Array(5));
      call.sendHeader(new Metadata());
    },
  });
  assertEquals(await result(pair.start()), [[], { code: 0, message: "", trailer: new Metadata(), details: undefined }]);
});

Deno.test("messages and fields over a limit of either side are RESOURCE_EXHAUSTED", async () => {
  const refused = (error: RpcError) => error.code === Status.RESOURCE_EXHAUSTED;
  const seen: boolean[] = [];
  await using pair = new GrpcPair({
    limits: { receiveMessageBytes: 100, sendMessageBytes: 200, metadataBytes: 300, metadataEntries: 3 },
    onCall: (call) => {
      seen.push(refused(assertThrows(() => void call.send(new Uint8Array(201)), RpcError)));
      seen.push(refused(assertThrows(() => call.sendHeader(new Metadata({ a: "b".repeat(300) })), RpcError)));
      void echo(call);
    },
  });
  await pair.client.ready;
  const long = pair.start();
  void long.send(new Uint8Array(201));
  assertEquals(long.status!.code, Status.RESOURCE_EXHAUSTED);
  assertEquals(
    pair.start({ metadata: new Metadata({ a: ["1", "2", "3", "4"] }) }).status!.code,
    Status.RESOURCE_EXHAUSTED,
  );
  const call = pair.start();
  void call.send(new Uint8Array(101), undefined, true);
  const [, status] = await result(call);
  assertEquals(status.code, Status.RESOURCE_EXHAUSTED);
  assertMatch(status.message, /101 bytes, over the limit of 100/);
  assertEquals(seen, [true, true]);
  assertEquals(pair.hits, ["receiveMessageBytes", "sendMessageBytes"]);
});

Deno.test("a request over the budget of the whole server is RESOURCE_EXHAUSTED, counted once", async () => {
  await using pair = new GrpcPair({ limits: { bufferBytes: 100_000 }, onCall: echo });
  await pair.client.ready;
  const call = pair.start();
  void call.send(new Uint8Array(1_000_000), undefined, true);
  const [, status] = await result(call);
  assertEquals([status.code, pair.hits], [Status.RESOURCE_EXHAUSTED, ["bufferBytes"]]);
  assertEquals(pair.budget.received, 0);
});

Deno.test("calls over the server's limit wait with their messages, and can be cancelled", async () => {
  await using pair = new GrpcPair({ limits: { concurrentStreams: 1 } as Partial<Limits>, onCall: echo });
  await pair.client.ready;
  const first = pair.start();
  void first.send(new Uint8Array(1));
  const second = pair.start();
  void second.send(new Uint8Array(2), undefined, true);
  void second.send(new Uint8Array(99)); // after the last one: no effect
  second.end();
  const third = pair.start();
  third.cancel();
  await turn();
  assertEquals(pair.calls.length, 1);
  first.end();
  assertEquals((await result(first))[0], [1]);
  const [sizes, status] = await result(second);
  assertEquals([sizes, status.code], [[2], Status.OK]);
  assertEquals(third.status!.code, Status.CANCELLED);
});

Deno.test("a draining server serves calls in flight, and its client reports why the connection takes no more", async () => {
  await using pair = new GrpcPair({ onCall: echo });
  await pair.client.ready;
  const call = pair.start();
  void call.send(new Uint8Array(3));
  await turn();
  pair.server.drain("graceful_stop");
  assertMatch(await pair.client.closed, /the peer is going away: NO_ERROR "graceful_stop"$/);
  const late = pair.start();
  assertEquals([late.status!.code, late.status!.unprocessed], [Status.UNAVAILABLE, "left"]);
  call.end();
  const [sizes, status] = await result(call);
  assertEquals([sizes, status.code], [[3], Status.OK]);
});

Deno.test("a closed server ends calls as UNAVAILABLE, and aborts its handlers' signals", async () => {
  await using pair = new GrpcPair();
  await pair.client.ready;
  const call = pair.start();
  await turn();
  const { signal } = pair.calls[0]!;
  pair.server.close();
  assertEquals((await result(call))[1].code, Status.UNAVAILABLE);
  assertEquals((signal.reason as RpcError).code, Status.UNAVAILABLE);
});

Deno.test("a forced close waits for no peer that reads nothing, on either side", async () => {
  const pair = new GrpcPair();
  await pair.client.ready;
  const call = pair.start();
  await turn();
  const never = new Promise<void>(() => {});
  for (const socket of pair.sockets) socket.gate = never;
  void call.send(new Uint8Array(100_000));
  void pair.calls[0]!.send(new Uint8Array(100_000));
  await turn();
  await pair[Symbol.asyncDispose]();
  assertEquals(pair.sockets.map(({ closed }) => closed), [true, true]);
});

Deno.test("a lost connection ends calls as UNAVAILABLE, not as unprocessed", async () => {
  await using pair = new GrpcPair();
  await pair.client.ready;
  const call = pair.start();
  await turn();
  const { signal } = pair.calls[0]!;
  pair.sockets[1].close();
  const [, status] = await result(call);
  assertEquals([status.code, status.unprocessed, status.origin], [Status.UNAVAILABLE, undefined, "connection"]);
  await turn();
  assertEquals((signal.reason as RpcError).code, Status.CANCELLED);
});

Deno.test("a connection without stream identifiers left reports it, and is replaced before a call fails", async () => {
  await using pair = new GrpcPair({ onCall: echo });
  await pair.client.ready;
  pair.client.connection.state.nextStream = 2 ** 31 - 1;
  const last = pair.start();
  assertMatch(await pair.client.closed, /takes no more calls/);
  last.end();
  assertEquals((await result(last))[1].code, Status.OK);
  const late = pair.start();
  assertEquals([late.status!.code, late.status!.unprocessed], [Status.UNAVAILABLE, "left"]);
});

Deno.test("a call that was reset in the same read is not begun", async () => {
  await using pair = new GrpcPair();
  await pair.client.ready;
  const call = pair.start();
  call.cancel();
  await turn();
  await turn();
  assertEquals(pair.calls, []);
});

Deno.test("a writer waits for a slow reader: memory is limited, and everything arrives", async () => {
  let sent = 0;
  await using pair = new GrpcPair({
    onCall: async (call) => {
      for (; sent < 400; sent++) await call.send(new Uint8Array(100_000));
      call.finish({ code: Status.OK, message: "" });
    },
  });
  await pair.client.ready;
  const call = pair.start();
  call.end();
  for (let i = 0; i < 20; i++) await turn();
  assert(sent < 60, `${sent} sent, none read`);
  let read = 0;
  const timer = setTimeout(() => call.cancel(), 20_000);
  while (await call.receive()) {
    read++;
    assert(pair.client.budget.received < 6 * 1024 * 1024);
  }
  clearTimeout(timer);
  assertEquals([read, call.status!.code], [400, Status.OK]);
});

Deno.test("unread responses block no other call, whatever their number and speed", async () => {
  await using pair = new GrpcPair({
    onCall: async (call) => {
      if (call.path !== "/endless") return void echo(call);
      for (const chunk = new Uint8Array(60_000); !call.signal.aborted;) await call.send(chunk);
    },
  });
  await pair.client.ready;
  const endless = Array.from(
    { length: 99 },
    () => pair.start({ path: "/endless", deadline: performance.now() + 20_000 }),
  );
  for (const call of endless) call.end();
  for (let i = 0; i < 100; i++) for (const call of endless.slice(0, 8)) await call.receive();
  for (let i = 0; i < 200; i++) await turn();
  const call = pair.start({ deadline: performance.now() + 5000 });
  void call.send(new Uint8Array(100_000), undefined, true);
  assertEquals(await result(call), [[100_000], {
    code: Status.OK,
    message: "",
    trailer: new Metadata(),
    details: undefined,
  }]);
});

Deno.test("a handler that starts to read late opens the window to its caller", async () => {
  await using pair = new GrpcPair();
  await pair.client.ready;
  const call = pair.start();
  let sent = 0;
  const writes = (async () => {
    for (; sent < 100; sent++) await call.send(new Uint8Array(100_000), undefined, sent === 99);
  })();
  for (let i = 0; i < 20; i++) await turn();
  assert(sent < 20, `${sent} sent, none read`);
  const timer = setTimeout(() => call.cancel(), 20_000);
  let read = 0;
  while (await pair.calls[0]!.receive()) read++;
  clearTimeout(timer);
  assertEquals(read, 100);
  await writes;
});
