import { assertEquals, assertRejects } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLogger } from "../../base/logger.ts";
import { createServer } from "../../server/create_server.ts";
import { testPair } from "../../testing/mod.ts";
import { kindsHandlers, type Seen } from "../../tests/kinds.ts";
import { until } from "../../tests/observe.ts";
import { Kinds } from "../../tests/proto/kinds.ts";
import { memoryTransport } from "../../transport/memory/mod.ts";
import type { Candidate } from "../balancing/balancer.ts";
import { createClient } from "../client.ts";

const logger = createLogger("silent");

Deno.test("a stream that became unreachable is cancelled by garbage collection", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const transport = memoryTransport();
  const seen: Seen[] = [];
  let all: readonly Candidate[] = [];
  const servers = await Promise.all(["memory:a", "memory:b"].map(async (address) => {
    const server = createServer({ name: "kinds", address, transport, logger });
    await server.add(Kinds, kindsHandlers(seen)).start();
    return server;
  }));
  const client = createClient(Kinds, {
    address: ["memory:a", "memory:b"],
    transport,
    logger,
    balancer: { pick: (candidates) => (all = candidates, candidates[0]!) },
  });
  await client.unary({});
  await (async () => {
    const replies = client.serverStream({ count: 1, text: "hang" })[Symbol.asyncIterator]();
    await replies.next();
  })();
  assertEquals(all.map(({ inFlight }) => inFlight), [1, 0]);
  await until(() => (collect(), all[0]!.inFlight === 0), "the call was given up");
  await seen.find(({ method }) => method === "ServerStream")!.aborted;
  await client[Symbol.asyncDispose]();
  for (const server of servers) await server.stop();
});

Deno.test("an error that is thrown into a generator reaches its yield* of a call, which is cancelled", async () => {
  const seen: Seen[] = [];
  await using pair = await testPair(Kinds, kindsHandlers(seen));
  async function* passedOn() {
    yield* pair.client.serverStream({ count: 2, text: "hang" });
  }
  const replies = passedOn();
  await replies.next();
  await assertRejects(() => replies.throw(new Error("enough")), Error, "enough");
  assertEquals(await replies.next(), { done: true, value: undefined });
  await seen[0]!.aborted;
});
