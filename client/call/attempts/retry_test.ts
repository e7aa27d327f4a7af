import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { EchoService } from "../../../proto/echo.ts";
import type { ServerContext } from "../../../rpc/context.ts";
import { BizError, RpcError } from "../../../rpc/error.ts";
import { createLogger } from "../../../base/logger.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { createServer } from "../../../server/create_server.ts";
import { kindsHandlers } from "../../../tests/kinds.ts";
import { Kinds } from "../../../tests/proto/kinds.ts";
import { memoryTransport } from "../../../transport/memory/mod.ts";
import type { Candidate } from "../../balancing/balancer.ts";
import { createClient } from "../../client.ts";
import type { ClientOptions } from "../../options.ts";

const logger = createLogger("silent");
const SLOW_MS = 60_000;

/** An error whose trailers ask for another attempt after so long. */
const pushback = (value: string, code = Status.UNAVAILABLE) =>
  new RpcError(code, "later", { metadata: Metadata.unchecked([["grpc-retry-pushback-ms", value]]) });
const down = () => new RpcError(Status.UNAVAILABLE, "down");

type Step = Error | string | ((ctx: ServerContext) => string | Promise<string>);

/** A server whose calls go as the steps say, the last one for all that follow, and a client of it. */
async function scripted(steps: Step[], options: Partial<ClientOptions> = {}) {
  const transport = memoryTransport();
  const seen: ServerContext[] = [];
  const server = createServer({ name: "echo", address: "memory:a", transport, logger, overload: false });
  await server.add(EchoService, {
    async echo(_req, ctx) {
      const step = steps[Math.min(seen.push(ctx), steps.length) - 1]!;
      if (step instanceof Error) throw step;
      return { resp: typeof step === "string" ? step : await step(ctx) };
    },
  }).start();
  const client = createClient(EchoService, {
    address: "memory:a",
    transport,
    logger,
    retry: { backoff: 1 },
    ...options,
  });
  return {
    server,
    echo: client,
    seen,
    get previous() {
      return seen.map(({ metadata }) => metadata.get("grpc-previous-rpc-attempts"));
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server.stop({ force: true });
    },
  };
}

const failure = (call: () => Promise<unknown>) => assertRejects(call, RpcError);

Deno.test("a failed call is retried, and the server learns the number of attempts", async () => {
  await using a = await scripted([down(), down(), "done"]);
  assertEquals((await a.echo.echo({})).resp, "done");
  assertEquals(a.previous, [undefined, "1", "2"]);
});

Deno.test("the error of the last attempt names the number of attempts and their failures", async () => {
  await using a = await scripted([down(), new RpcError(Status.ABORTED, ""), new RpcError(Status.UNAVAILABLE, "gone")], {
    retry: { backoff: 1, statuses: ["UNAVAILABLE", "ABORTED"] },
  });
  const error = await failure(() => a.echo.echo({}));
  assertEquals([error.code, error.path], [Status.UNAVAILABLE, "/echo.EchoService/Echo"]);
  assertEquals([error.rawMessage, error.note], ["gone", 'attempt 3; before it UNAVAILABLE "down", ABORTED']);
  assertEquals(
    error.message,
    '[UNAVAILABLE] /echo.EchoService/Echo: gone (attempt 3; before it UNAVAILABLE "down", ABORTED)',
  );
  assertEquals(a.seen.length, 3);
});

Deno.test("other statuses, business errors and calls without a policy are not retried", async () => {
  for (const error of [new RpcError(Status.NOT_FOUND, "no"), new BizError(7, "no")]) {
    await using a = await scripted([error, "never"]);
    await assertRejects(() => a.echo.echo({}), Error, "no");
    assertEquals(a.seen.length, 1);
  }
  await using a = await scripted([down(), "never"], { retry: false });
  assertEquals((await failure(() => a.echo.echo({}))).rawMessage, "down");
});

Deno.test("a call is not retried after its header, and its caller sees one header", async () => {
  const headers: (string | undefined)[] = [];
  const header = (ctx: ServerContext) => {
    ctx.header.set("x-try", String(a.seen.length));
    ctx.sendHeader();
    throw down();
  };
  await using a = await scripted([down(), header, "never"]);
  await failure(() => a.echo.echo({}, { onHeader: (fields) => void headers.push(fields.get("x-try")) }));
  assertEquals([headers, a.seen.length], [["2"], 2]);
});

Deno.test("onTrailer is called once, for the last attempt", async () => {
  const trailers: (string | undefined)[] = [];
  const step = (ctx: ServerContext) => {
    ctx.trailer.set("x-try", String(a.seen.length));
    if (a.seen.length < 3) throw down();
    return "done";
  };
  await using a = await scripted([step]);
  await a.echo.echo({}, { onTrailer: (fields) => void trailers.push(fields.get("x-try")) });
  assertEquals(trailers, ["3"]);
});

Deno.test("an error of onHeader reaches the caller, and no other attempt is made", async () => {
  await using a = await scripted([down(), "done"]);
  const onHeader = () => {
    throw new RangeError("my own");
  };
  await assertRejects(() => a.echo.echo({}, { onHeader }), RangeError, "my own");
  assertEquals(a.seen.length, 2);
});

Deno.test("a server's pushback delays or forbids the next attempt", async () => {
  await using soon = await scripted([pushback("1"), "done"], { retry: { backoff: SLOW_MS, maxBackoff: SLOW_MS } });
  assertEquals((await soon.echo.echo({})).resp, "done");
  for (const value of ["-1", "soon", "1.5", ""]) {
    await using never = await scripted([pushback(value), "never"]);
    const error = await failure(() => never.echo.echo({}));
    assertEquals([error.rawMessage, error.note], ["later", "not tried again: the server says so"], value);
    assertEquals(error.metadata.get("grpc-retry-pushback-ms"), undefined);
  }
  await using other = await scripted([pushback("1", Status.RESOURCE_EXHAUSTED), "never"]);
  assertEquals((await failure(() => other.echo.echo({}))).code, Status.RESOURCE_EXHAUSTED);
});

Deno.test("a retry that would begin after the deadline is not awaited: the last error is thrown at once", async () => {
  for (const step of [down(), pushback(String(SLOW_MS))]) {
    await using a = await scripted([step], { retry: { backoff: SLOW_MS, maxBackoff: SLOW_MS } });
    const error = await failure(() => a.echo.echo({}, { timeout: 10_000 }));
    assertEquals([error.code, a.seen.length], [Status.UNAVAILABLE, 1]);
    assertEquals(error.note, "not tried again: the deadline is too near");
  }
});

Deno.test("a backoff ends when the caller cancels, and when the client is closed", async () => {
  const failed = Promise.withResolvers<void>();
  const controller = new AbortController();
  const step = () => {
    failed.resolve();
    throw pushback(String(SLOW_MS));
  };
  {
    await using a = await scripted([step]);
    const call = failure(() => a.echo.echo({}, { signal: controller.signal, timeout: 2 * SLOW_MS }));
    await failed.promise;
    await new Promise((resolve) => setTimeout(resolve)); // the pause has begun
    controller.abort();
    assertEquals((await call).code, Status.CANCELLED);
  }
  const closing = await scripted([step]);
  const call = failure(() => closing.echo.echo({}, { timeout: 2 * SLOW_MS }));
  while (closing.seen.length === 0) await new Promise((resolve) => setTimeout(resolve));
  await new Promise((resolve) => setTimeout(resolve));
  await closing[Symbol.asyncDispose]();
  assertEquals((await call).note, "not tried again: the client was closed");
});

Deno.test("an attempt without a response within perTryTimeout is cancelled, and the next one may succeed", async () => {
  const aborted = Promise.withResolvers<void>();
  const hang = async ({ signal }: ServerContext) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    aborted.resolve();
    throw signal.reason;
  };
  await using a = await scripted([hang, "done"], { retry: { backoff: 1, perTryTimeout: 20 } });
  assertEquals((await a.echo.echo({})).resp, "done");
  await aborted.promise;
  await using never = await scripted([hang], { retry: { backoff: 1, attempts: 2, perTryTimeout: 20 } });
  const error = await failure(() => never.echo.echo({}));
  assertEquals(error.code, Status.UNAVAILABLE);
  const text = "no response within 20 ms (perTryTimeout)";
  assertEquals([error.rawMessage, error.note], [text, `attempt 2; before it UNAVAILABLE "${text}"`]);
  // The caller's own deadline stays what it is.
  await using late = await scripted([hang], { retry: { perTryTimeout: SLOW_MS } });
  assertEquals((await failure(() => late.echo.echo({}, { timeout: 20 }))).code, Status.DEADLINE_EXCEEDED);
});

Deno.test("a client retries while its server is not listening yet", async () => {
  const transport = memoryTransport();
  await using echo = createClient(EchoService, {
    address: "memory:later",
    transport,
    logger,
    retry: { attempts: 5, backoff: 150, backoffMultiplier: 1 },
  });
  const call = echo.echo({});
  await new Promise((resolve) => setTimeout(resolve, 5));
  await using server = createServer({ name: "echo", address: "memory:later", transport, logger });
  await server.add(EchoService, { echo: () => ({ resp: "late" }) }).start();
  assertEquals((await call).resp, "late");

  await using nowhere = createClient(EchoService, { address: "memory:x", transport, logger, retry: { backoff: 1 } });
  assertMatch(
    (await failure(() => nowhere.echo({}))).message,
    /no connection: .*memory:x.*\(attempt 3; before it/,
  );
});

Deno.test("a server that always fails gets at most 50 retries", async () => {
  await using a = await scripted([down()], { retry: { backoff: 0, attempts: 5 } });
  const calls = await Promise.allSettled(Array.from({ length: 1000 }, () => a.echo.echo({})));
  const [last] = calls.slice(-1) as PromiseRejectedResult[];
  assertEquals(last!.reason.note, "not tried again: the retry budget is used up");
  assertEquals(a.seen.length, 1049);
});

Deno.test("each attempt goes to another instance, and to a tried one if there is no other", async () => {
  const transport = memoryTransport();
  const asked: string[] = [];
  const servers = await Promise.all(["memory:a", "memory:b"].map(async (address) => {
    const server = createServer({ name: "echo", address, transport, logger });
    const echo = () => {
      asked.push(address);
      throw down();
    };
    await server.add(EchoService, { echo }).start();
    return server;
  }));
  const balancer = "pick_first"; // which by itself would ask the same one again
  const options: ClientOptions = { address: ["memory:a", "memory:b"], transport, logger, balancer, outliers: false };
  await using echo = createClient(EchoService, { ...options, retry: { backoff: 1 } });
  await failure(() => echo.echo({})); // both are connected now
  asked.length = 0;
  await failure(() => echo.echo({}));
  assertEquals(asked.length, 3);
  assertEquals(new Set(asked.slice(0, 2)).size, 2);
  for (const server of servers) await server.stop();
});

Deno.test("the count of calls in flight is right, however calls end", async () => {
  const transport = memoryTransport();
  let all: readonly Candidate[] = [];
  const handlers = kindsHandlers();
  await using a = createServer({ name: "kinds", address: "memory:a", transport, logger });
  await a.add(Kinds, handlers).start();
  await using b = createServer({ name: "kinds", address: "memory:b", transport, logger });
  await b.add(Kinds, handlers).start();
  const options: ClientOptions = {
    address: ["memory:a", "memory:b"],
    transport,
    logger,
    balancer: { pick: (candidates) => (all = candidates, candidates[0]!) },
  };
  const requests = async function* (...texts: string[]) {
    for (const text of texts) yield { text };
  };
  const broken = async function* () {
    yield { text: "a" };
    await Promise.resolve();
    throw new Error("mine");
  };
  const timeout = 30;
  const policies: Partial<ClientOptions>[] = [
    {},
    { retry: { backoff: 1 } },
    { retry: { backoff: 1, perTryTimeout: 5 } },
    { hedge: { delay: 5 } },
    { breaker: { samples: 1000 } },
  ];
  for (const policy of policies) {
    await using kinds = createClient(Kinds, { ...options, ...policy });
    await kinds.unary({ text: "warm" });
    const drain = async (replies: AsyncIterable<unknown>, most = Infinity) => {
      for await (const _ of replies) if (--most <= 0) break;
    };
    await Promise.allSettled([
      kinds.unary({ text: "fine" }),
      kinds.unary({ text: "fail:14:down" }),
      kinds.unary({ text: "biz:7:no" }),
      kinds.unary({ text: "throw" }),
      kinds.unary({ text: "hang" }, { timeout }),
      kinds.unary({ text: "hang" }, { signal: AbortSignal.timeout(timeout) }),
      kinds.unary({ text: "x" }, {
        onHeader: () => {
          throw new Error("mine");
        },
      }),
      kinds.unary({ text: "x" }, {
        onTrailer: () => {
          throw new Error("mine");
        },
      }),
      kinds.clientStream(requests("a", "b")),
      kinds.clientStream(requests("a", "fail:14:down")),
      kinds.clientStream(broken()),
      kinds.clientStream(requests("hang"), { timeout }),
      drain(kinds.serverStream({ count: 5 })),
      drain(kinds.serverStream({ count: 5 }), 2),
      drain(kinds.serverStream({ count: 5, text: "fail:14:down" })),
      drain(kinds.serverStream({ text: "hang" }, { timeout })),
      drain(kinds.bidi(requests("a", "b", "c"))),
      drain(kinds.bidi(requests("a", "b", "c")), 1),
      drain(kinds.bidi(broken())),
    ]);
    await kinds.unary({ text: "once more" });
    assertEquals(all.map(({ inFlight }) => inFlight), [0, 0], JSON.stringify(policy));
  }
});
