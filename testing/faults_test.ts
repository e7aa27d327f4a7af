import { assert, assertEquals, assertThrows } from "@std/assert";
import { createClient, createLogger, createServer, Status } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import { assertRpcError, fakeClock, type Faults, faultyTransport, testPair, testRegistry } from "./mod.ts";

const silent = createLogger("silent");
const same = { echo: (req: { mes: string }) => ({ resp: req.mes }) };

Deno.test("a status fails the attempts that it names, with its text and trailer, and the client retries", async () => {
  await using echo = await testPair(EchoService, same, { client: { retry: { attempts: 3, backoff: 1 } } });
  echo.faults.inject({ method: "Echo", attempts: [1, 2], status: Status.UNAVAILABLE });
  assertEquals(await echo.client.echo({ mes: "hello" }), { resp: "hello" });
  assertEquals(echo.faults.attempts.map((one) => one.fault?.status), [
    Status.UNAVAILABLE,
    Status.UNAVAILABLE,
    undefined,
  ]);
  assertEquals(
    echo.faults.attempts.map((one) => one.metadata.get("grpc-previous-rpc-attempts")),
    [undefined, "1", "2"],
  );
  assertEquals(echo.calls.length, 1, "the handler saw only the last");

  echo.faults.inject({ status: Status.NOT_FOUND, message: "no user 7", trailer: { "x-why": "gone" } });
  await assertRpcError(echo.client.echo({ mes: "" }), {
    code: Status.NOT_FOUND,
    message: "no user 7",
    metadata: { "x-why": "gone" },
  });
  echo.faults.clear();
  await echo.client.echo({ mes: "" });
});

Deno.test("a fault of one method leaves the others alone", async () => {
  await using kinds = await testPair(Kinds, { unary: (req) => req });
  kinds.faults.inject({ method: "Bidi", status: Status.ABORTED });
  assertEquals((await kinds.client.unary({ text: "hello" })).text, "hello");
  await assertRpcError(kinds.client.bidi((async function* () {})()), { code: Status.ABORTED });
});

Deno.test("a fault knows its method by either name, and the transport by its services", async () => {
  const transport = faultyTransport(EchoService, Kinds);
  const { faults } = transport;
  await using server = createServer({ name: "both", address: "memory:both", transport, logger: silent });
  const kinds = { unary: () => ({}), clientStream: () => ({}), async *serverStream() {}, async *bidi() {} };
  await server.add(EchoService, same).add(Kinds, kinds).start();
  await using client = createClient(Kinds, { address: "memory:both", transport, logger: silent });
  faults.inject({ method: "Unary", address: "memory:both", attempts: [1], status: Status.ABORTED });
  faults.inject({ method: "unary", attempts: [2], status: Status.NOT_FOUND });
  faults.inject({ method: "echo", status: Status.INTERNAL });
  await assertRpcError(client.unary({}), { code: Status.ABORTED });
  await assertRpcError(client.unary({}), { code: Status.NOT_FOUND });
  await client.unary({});
  const refused = (text: string, to: Faults, method: string) =>
    assertThrows(() => to.inject({ method, hang: true }), TypeError, text);
  refused('no method "Unery" in echo.EchoService, dinokit.test.Kinds; there are Echo, Unary', faults, "Unery");
  refused('nobody knows the method "Echo"; name the services: faultyTransport(', faultyTransport().faults, "Echo");
  const alone = () => faultyTransport().faults.inject({ address: "memory:both", hang: true });
  assertThrows(alone, TypeError, 'no server is at "memory:both"; start it first');
});

Deno.test("a delay holds the call up by exactly that time, and its deadline still counts", async () => {
  using clock = fakeClock();
  await using echo = await testPair(EchoService, same);
  echo.faults.inject({ delay: 1000 });
  let resp: unknown;
  const done = echo.client.echo({ mes: "hello" }, { timeout: 2000 }).then((reply) => resp = reply.resp);
  await clock.pass(999);
  assertEquals([resp, echo.calls.length], [undefined, 0]);
  await clock.pass(1, done);
  assertEquals(resp, "hello");
  const late = assertRpcError(echo.client.echo({ mes: "" }, { timeout: 500 }), { code: Status.DEADLINE_EXCEEDED });
  await clock.pass(1000, late);
  assertEquals(echo.calls.length, 1, "a call that is over is not served after its delay");
});

Deno.test("a call that hangs ends by its deadline, or when the caller gives it up", async () => {
  using clock = fakeClock();
  await using echo = await testPair(EchoService, same);
  echo.faults.inject({ hang: true });
  const late = assertRpcError(echo.client.echo({ mes: "" }, { timeout: 500 }), { code: Status.DEADLINE_EXCEEDED });
  await clock.pass(500, late);
  const controller = new AbortController();
  const given = assertRpcError(echo.client.echo({ mes: "" }, { signal: controller.signal }), {
    code: Status.CANCELLED,
  });
  await clock.pass(5);
  controller.abort();
  await given;
  assertEquals(echo.faults.attempts.length, 2);
});

Deno.test("a pair is disposed while a call hangs and the fake clock is stopped", async () => {
  using _clock = fakeClock();
  let cut: Promise<unknown>;
  {
    await using echo = await testPair(EchoService, same);
    echo.faults.inject({ hang: true });
    cut = assertRpcError(echo.client.echo({ mes: "" }), { code: Status.UNAVAILABLE });
    await new Promise<void>((resolve) => queueMicrotask(resolve));
  }
  await cut;
});

Deno.test("a drop loses the connection and all calls on it; the next call has a new one", async () => {
  await using kinds = await testPair(Kinds, {
    unary: (req) => req,
    async *bidi(reqs) {
      for await (const one of reqs) yield one;
    },
  });
  const requests = new TransformStream<{ text: string }>();
  const writer = requests.writable.getWriter();
  const replies = kinds.client.bidi(requests.readable)[Symbol.asyncIterator]();
  writer.write({ text: "first" });
  assertEquals((await replies.next()).value.text, "first");
  kinds.faults.inject({ method: "Unary", attempts: [1], drop: true });
  const text = "the connection was lost, as the test wants";
  await assertRpcError(kinds.client.unary({ text: "" }), { code: Status.UNAVAILABLE, message: text });
  await assertRpcError(replies.next(), { code: Status.UNAVAILABLE, message: text });
  assertEquals((await kinds.client.unary({ text: "again" }, { timeout: 5000 })).text, "again");
  const [before, after] = [kinds.calls[0]!.peer.address, kinds.calls.at(-1)!.peer.address];
  assert(before !== after, `${before} is used again`);
});

Deno.test("a fault of one server ejects its instance, which gets calls again later", async () => {
  using clock = fakeClock();
  const transport = faultyTransport();
  const registry = testRegistry();
  const start = async (address: string) => {
    const server = createServer({ name: "echo", address, transport, registry, drainDelay: 0, logger: silent });
    await server.add(EchoService, { echo: () => ({ resp: address }) }).start();
    return server;
  };
  await using _a = await start("memory:a");
  await using _b = await start("memory:b");
  await using client = createClient(EchoService, {
    name: "echo",
    resolver: registry,
    transport,
    logger: silent,
    outliers: { consecutiveFailures: 3, ejectionTime: 1_500 },
    retry: { attempts: 2 },
  });
  transport.faults.inject({ address: "memory:a", status: Status.UNAVAILABLE });
  for (let i = 0; i < 10; i++) {
    assertEquals(await clock.pass(100, client.echo({ mes: "" })), { resp: "memory:b" });
  }
  const at = (address: string) => transport.faults.attempts.filter((one) => one.address === address).length;
  assert(at("memory:a") < 6, `${at("memory:a")} attempts at the instance that fails`);
  transport.faults.clear();
  const answers = new Set<string>();
  for (let i = 0; i < 20; i++) {
    answers.add((await clock.pass(100, client.echo({ mes: "" }))).resp);
  }
  assertEquals(answers, new Set(["memory:a", "memory:b"]));
});

Deno.test("an empty or contradictory fault is rejected", () => {
  const { faults } = faultyTransport();
  assertThrows(() => faults.inject({ attempts: [1] }), TypeError, 'give "delay", "status", "hang" or "drop"');
  assertThrows(() => faults.inject({ hang: true, drop: true }), TypeError, "hang and drop exclude each other");
  assertThrows(() => faults.inject({ hang: true, attempts: [0] }), RangeError, "attempts has 0");
  assertThrows(() => faults.inject({ delay: -1 }), RangeError, "delay is -1");
  assertThrows(() => faults.inject({ delay: NaN }), RangeError, "delay is NaN");
  assertThrows(() => faults.inject({ status: 0 }), RangeError, "code is 0");
  assertThrows(() => faults.inject({ hang: true, after: {} }), TypeError, "after is {}; use { responses: 2 }");
  assertThrows(() => faults.inject({ hang: true, after: { requests: 1, responses: 1 } }), TypeError, "after is {");
  assertThrows(() => faults.inject({ hang: true, after: { responses: 0 } }), RangeError, "after.responses is 0");
  assertThrows(() => faults.inject({ hangs: true } as object), TypeError, 'no fault has "hangs"');
});
