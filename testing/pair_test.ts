import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { RpcError, Status } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import { assertMetadata, assertRpcError, type Fault, testPair } from "./mod.ts";

const same = { echo: (req: { mes: string }) => ({ resp: req.mes }) };

Deno.test("testPair() records the calls that the server's code received", async () => {
  await using echo = await testPair(EchoService, same);
  const deadline = Date.now() + 5000;
  const metainfo = { persistent: { USER: "7" }, transient: { HOP: "1" } };
  await echo.client.echo({ mes: "hello" }, { deadline, metainfo, metadata: { "x-tag": "a" } });
  const [call] = echo.calls;
  assertEquals([call!.service, call!.method, call!.deadline], ["echo.EchoService", "Echo", deadline]);
  const mes: string = call!.requests[0]!.mes;
  assertEquals([call!.handler, mes], ["echo", "hello"]);
  assertEquals(call!.metadata.get("x-tag"), "a");
  assertEquals([...call!.metainfo.persistent, ...call!.metainfo.transient], [["USER", "7"], ["HOP", "1"]]);
  assertEquals([call!.ended, call!.error], [true, undefined]);
});

Deno.test("testPair() rejects a fault for an unknown method or server, which would never act", async () => {
  await using echo = await testPair(EchoService, same);
  const refused = (fault: Fault, text: string) => assertThrows(() => echo.faults.inject(fault), TypeError, text);
  refused({ method: "Ecko", hang: true }, 'no method "Ecko" in echo.EchoService; there are Echo');
  refused({ address: "memory:echo", hang: true }, 'no server is at "memory:echo"; servers are at memory:test');
  await echo.client.echo({ mes: "" });
});

Deno.test("testPair() records streams as far as they came, and how they ended", async () => {
  await using kinds = await testPair(Kinds, {
    async *bidi(reqs, { header, trailer }) {
      header.set("x-head", "1");
      trailer.set("x-tail", "2");
      for await (const one of reqs) {
        if (one.text === "bad") throw new RpcError(Status.INVALID_ARGUMENT, "bad");
        yield { text: one.text };
      }
    },
  });
  async function* requests() {
    yield { text: "good" };
    yield { text: "bad" };
    yield { text: "never taken" };
  }
  await assertRpcError(kinds.client.bidi(requests()), { code: Status.INVALID_ARGUMENT, message: "bad" });
  const [call] = kinds.calls.filter(({ handler }) => handler === "bidi");
  assertEquals(call!.requests.map(({ text }) => text), ["good", "bad"]);
  assertMetadata(call!.header, { "x-head": "1" });
  assertMetadata(call!.trailer, { "x-tail": "2" });
  assertEquals(call!.ended, true);
  assertEquals((call!.error as RpcError).rawMessage, "bad");
});

Deno.test("testPair() answers UNIMPLEMENTED for a method without a handler, and keeps `this` of the others", async () => {
  const handlers = {
    text: "mine",
    unary() {
      return { text: this.text };
    },
  };
  await using kinds = await testPair(Kinds, handlers);
  assertEquals((await kinds.client.unary({ text: "" })).text, "mine");
  await assertRpcError(kinds.client.bidi((async function* () {})()), {
    code: Status.UNIMPLEMENTED,
    message: 'the test has no handler "bidi"',
  });
});

Deno.test("testPair() rejects a misspelt handler as a server does", async () => {
  const handlers = { ...same, ecko: same.echo };
  const error = await assertRejects(() => testPair(EchoService, handlers), TypeError);
  assertStringIncludes(error.message, `has no method "ecko"`);
});

Deno.test("testPair() passes options and middleware on", async () => {
  const order: string[] = [];
  await using echo = await testPair(EchoService, same, {
    middleware: [(call, next) => (order.push("server"), next(call))],
    client: { middleware: [(call, next) => (order.push("client"), next(call))], timeout: 300 },
    server: { limits: { receiveMessageBytes: 10 } },
  });
  await echo.client.echo({ mes: "" });
  assertEquals(order, ["client", "server"]);
  assert(echo.calls[0]!.deadline! <= Date.now() + 300);
  await assertRpcError(echo.client.echo({ mes: "12345678901" }), { code: Status.RESOURCE_EXHAUSTED });
});

Deno.test("testPair() cuts in-flight calls when it is disposed", async () => {
  const called = Promise.withResolvers<AbortSignal>();
  const echo = await testPair(EchoService, {
    echo: (_, { signal }) => (called.resolve(signal), new Promise<never>(() => {})),
  });
  const cut = assertRpcError(echo.client.echo({ mes: "" }), { code: Status.UNAVAILABLE });
  const signal = await called.promise;
  await echo[Symbol.asyncDispose]();
  await cut;
  assert(signal.aborted);
});

Deno.test("two pairs don't see each other", async () => {
  await using one = await testPair(EchoService, { echo: () => ({ resp: "one" }) });
  await using two = await testPair(EchoService, { echo: () => ({ resp: "two" }) });
  one.faults.inject({ status: Status.ABORTED });
  assertEquals(await two.client.echo({ mes: "" }), { resp: "two" });
  assertEquals([one.calls.length, two.calls.length], [0, 1]);
});
