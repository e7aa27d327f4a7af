import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RpcError, Status } from "../../mod.ts";
import { HIDDEN_TEXT } from "../kinds.ts";
import { startCountingProxy } from "../pings/counting_proxy.ts";
import { Kit, testRows } from "./rows.ts";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const codeOf = async (call: Promise<unknown>) => (await assertRejects(() => call, RpcError)).code;

/** A server whose unary calls begin so often: each notes when, and does what the text says. */
async function counting(): Promise<[Kit, number[]]> {
  const begun: number[] = [];
  const kit = await Kit.start({
    async unary({ text }, { signal }) {
      begun.push(performance.now());
      if (text === "hang") await new Promise((ended) => signal.onabort = ended);
      else if (text) throw new RpcError(Status[text as "UNAVAILABLE"], "no");
      return {};
    },
  });
  return [kit, begun];
}

/** How often a call that fails was begun. */
async function attempts(text: string, options: object, code: Status): Promise<number> {
  const [kit, begun] = await counting();
  await using stack = new AsyncDisposableStack();
  assertEquals(await codeOf(stack.use(kit).client(options).unary({ text })), code);
  return begun.length;
}

testRows("What works differently", {
  "a unary call without a timeout": async () => {
    const left: (number | undefined)[] = [];
    await using kit = await Kit.start({
      unary: (_, { deadline }) => (left.push(deadline && deadline - Date.now()), {}),
    });
    await kit.client().unary({});
    await kit.client({ timeout: 86_400_000 }).unary({});
    assert(left[0]! > 9000 && left[0]! <= 10_000, `${left[0]} ms`);
    assert(left[1]! > 86_000_000, `${left[1]} ms`);
  },
  "`WithRPCTimeout(d)`, `WithFailureRetry(p)`": async () => {
    assertEquals(await attempts("hang", { timeout: 200, retry: {} }, Status.DEADLINE_EXCEEDED), 1);
    assertEquals(await attempts("hang", { timeout: 5000, retry: { perTryTimeout: 200 } }, Status.UNAVAILABLE), 3);
  },
  "no option for retries": async () => {
    assertEquals(await attempts("UNAVAILABLE", {}, Status.UNAVAILABLE), 1); // not idempotent; tests/retries_test.ts has the others
  },
  "`retry.NewFailurePolicy()`, `retry: {}`": async () => {
    assertEquals(await attempts("UNAVAILABLE", { retry: {} }, Status.UNAVAILABLE), 3);
    assertEquals(await attempts("INTERNAL", { retry: {} }, Status.INTERNAL), 1);
    const [kit, begun] = await counting();
    await using stack = new AsyncDisposableStack();
    const client = stack.use(kit).client({ retry: { perTryTimeout: 100, backoff: 0 } });
    assertEquals(await codeOf(client.unary({ text: "hang" })), Status.UNAVAILABLE);
    assertEquals(begun.length, 3);
  },
  "`retry.AllErrorRetry()`": async () => {
    const retry = { statuses: ["UNAVAILABLE", "INTERNAL"] };
    assertEquals(await attempts("INTERNAL", { retry }, Status.INTERNAL), 3);
  },
  "retries in a chain of services": async () => {
    const [last, begun] = await counting();
    await using stack = new AsyncDisposableStack();
    const next = stack.use(last).client({ retry: {} });
    const first = stack.use(await Kit.start({ unary: (request) => next.unary(request) }));
    assertEquals(await codeOf(first.client({ retry: {} }).unary({ text: "UNAVAILABLE" })), Status.UNAVAILABLE);
    assertEquals(begun.length, 3);
  },
  "many failed attempts": async () => {
    const [kit, begun] = await counting();
    await using stack = new AsyncDisposableStack();
    const client = stack.use(kit).client({ retry: { attempts: 2, backoff: 0 }, outliers: false });
    for (let i = 0; i < 60; i++) await codeOf(client.unary({ text: "UNAVAILABLE" }));
    const before = begun.length;
    for (let i = 0; i < 5; i++) await codeOf(client.unary({ text: "UNAVAILABLE" }));
    assertEquals(begun.length - before, 5);
  },
  "`WithCircuitBreaker(circuitbreak.NewCBSuite(...))`, `breaker: {}`": async () => {
    for (const [samples, options] of [[20, { breaker: {} }], [200, { breaker: { samples: 200 } }]] as const) {
      const [kit, begun] = await counting();
      await using stack = new AsyncDisposableStack();
      const client = stack.use(kit).client({ ...options, outliers: false });
      for (let i = 0; i < samples + 5; i++) await codeOf(client.unary({ text: "UNAVAILABLE" }));
      assertEquals(begun.length, samples);
    }
  },
  "the size of a message": async () => {
    const data = new Uint8Array(5 * 1024 * 1024);
    await using small = await Kit.start();
    assertEquals(await codeOf(small.client().unary({ data })), Status.RESOURCE_EXHAUSTED);
    const limits = { receiveMessageBytes: 8 * 1024 * 1024, sendMessageBytes: 8 * 1024 * 1024 };
    assertEquals(await codeOf(small.client({ limits }).unary({ data })), Status.RESOURCE_EXHAUSTED);
    await using large = await Kit.start({}, { limits });
    assertEquals((await large.client({ limits }).unary({ data })).data.length, data.length);
  },
  "header and trailer": async () => {
    const metadata = { "x-large": "x".repeat(9000) };
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, "x"]));
    await using small = await Kit.start();
    assertEquals(await codeOf(small.client().unary({}, { metadata })), Status.RESOURCE_EXHAUSTED);
    assertEquals(await codeOf(small.client().unary({}, { metadata: many })), Status.RESOURCE_EXHAUSTED);
    const limits = { metadataBytes: 64 * 1024, metadataEntries: 1000 };
    assertEquals(await codeOf(small.client({ limits }).unary({}, { metadata })), Status.RESOURCE_EXHAUSTED);
    await using large = await Kit.start({}, { limits });
    await large.client({ limits }).unary({}, { metadata: { ...metadata, ...many } });
  },
  "concurrent calls on a connection": async () => {
    for (const [limits, at] of [[{}, 100], [{ concurrentStreams: 10 }, 10]] as const) {
      let now = 0, most = 0;
      await using kit = await Kit.start({
        async unary() {
          most = Math.max(most, ++now);
          await pause(50);
          now--;
          return {};
        },
      }, { limits });
      const client = kit.client();
      await Promise.all(Array.from({ length: at + 30 }, () => client.unary({})));
      assertEquals(most, at);
    }
  },
  '`errors.New("no database")` from a handler': async () => {
    await using kit = await Kit.start({
      unary: ({ text }) => {
        throw text === "told" ? new RpcError(Status.INTERNAL, "no database") : new Error("no database");
      },
    });
    const hidden = await assertRejects(() => kit.client().unary({}), RpcError);
    assertEquals(hidden.code, Status.INTERNAL);
    assertMatch(hidden.rawMessage, HIDDEN_TEXT);
    assert(kit.logger.lines.includes("error: handler failed"));
    const told = await assertRejects(() => kit.client().unary({ text: "told" }), RpcError);
    assertEquals([told.code, told.rawMessage], [Status.INTERNAL, "no database"]);
  },
  "connecting takes long": async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // it accepts, and says nothing
    const address = `127.0.0.1:${listener.addr.port}`;
    await using kit = new Kit();
    const client = kit.client({ address, connectTimeout: 50 });
    const { message } = await assertRejects(() => client.unary({}), RpcError);
    assert(message.includes("takes no connection within 50 ms"), message);
    (await listener.accept()).close();
  },
  "connections of a client": async () => {
    await using kit = await Kit.start();
    await using proxy = startCountingProxy(kit.address);
    await using client = kit.client({ address: proxy.address });
    await Promise.all(Array.from({ length: 50 }, () => client.unary({})));
    assertEquals(proxy.counts.connections, 1);
  },
  "an overloaded server": async () => {
    for (const [overload, refused] of [[undefined, true], [false, false]] as const) {
      await using kit = await Kit.start({
        unary() {
          for (const end = performance.now() + 20; performance.now() < end;); // the processor is busy
          return {};
        },
      }, overload === undefined ? {} : { overload });
      const calls = Array.from({ length: 3 }, () => kit.client()).flatMap((client) =>
        Array.from({ length: 20 }, () => client.unary({}).then(() => Status.OK, ({ code }) => code))
      );
      assertEquals((await Promise.all(calls)).includes(Status.RESOURCE_EXHAUSTED), refused);
    }
  },
}, [{ name: "net" }]);
