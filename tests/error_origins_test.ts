import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type CallOptions, type ErrorOrigin, RpcError, Status } from "../mod.ts";
import { startProxy } from "./faults/proxy.ts";
import { until } from "./observe.ts";
import { each, from, type KindsClient, within } from "./each_transport.ts";

const METHODS = ["Unary", "ClientStream", "ServerStream", "Bidi"];

/** Calls each method, and returns the errors in the order of {@linkcode METHODS}. */
function errorsOf(client: KindsClient, text: string, options: CallOptions = {}): Promise<RpcError[]> {
  const calls = [
    () => client.unary({ text }, options),
    () => client.clientStream(from({ text }), options),
    () => Array.fromAsync(client.serverStream({ text, count: 1 }, options)),
    () => Array.fromAsync(client.bidi(from({ text }), options)),
  ];
  return within(5000, Promise.all(calls.map((call) => assertRejects(call, RpcError))));
}

function assertAll(errors: readonly RpcError[], code: Status, origin: ErrorOrigin): void {
  for (const error of errors) assertEquals([error.code, error.origin], [code, origin], error.message);
}

/** An address at which nobody listens, of the same transport. */
function vacant(address: string): string {
  if (address.startsWith("memory:")) return "memory:nobody";
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${listener.addr.port}`;
}

each("an error that the server sent has the origin server", async ({ client }) => {
  assertAll(await errorsOf(client, "fail:5:no such thing"), Status.NOT_FOUND, "server");
  assertAll(await errorsOf(client, "fail:14:go away"), Status.UNAVAILABLE, "server");
});

each("deadline, cancellation and limits of the client have the origin client", async ({ server, client, connect }) => {
  const late = await errorsOf(client, "hang", { timeout: 50 });
  assertAll(late, Status.DEADLINE_EXCEEDED, "client");
  for (const { rawMessage } of late) assert(!rawMessage.includes(server.address), rawMessage);
  assertAll(await errorsOf(client, "hang", { deadline: new Date(0) }), Status.DEADLINE_EXCEEDED, "client");
  assertAll(await errorsOf(client, "hang", { signal: AbortSignal.abort() }), Status.CANCELLED, "client");
  const later = new AbortController();
  setTimeout(() => later.abort(), 50);
  assertAll(await errorsOf(client, "hang", { signal: later.signal }), Status.CANCELLED, "client");
  await using small = connect({ limits: { sendMessageBytes: 10 } });
  assertAll(await errorsOf(small, "x".repeat(20)), Status.RESOURCE_EXHAUSTED, "client");
  await using deaf = connect({ limits: { receiveMessageBytes: 10 } });
  assertAll(await errorsOf(deaf, "x".repeat(20)), Status.RESOURCE_EXHAUSTED, "client");
  await small[Symbol.asyncDispose]();
  assertAll(await errorsOf(small, ""), Status.UNAVAILABLE, "client");
});

each("a server that can't be reached and a lost connection have the origin connection", async (pair) => {
  const { server, connect, client } = pair;
  await using nobody = connect({ address: vacant(server.address) });
  assertAll(await errorsOf(nobody, ""), Status.UNAVAILABLE, "connection");
  await using retrying = connect({
    address: vacant(server.address),
    retry: { attempts: 2, statuses: ["UNAVAILABLE"], backoff: 1 },
  });
  assertAll(await errorsOf(retrying, ""), Status.UNAVAILABLE, "connection");
  await client.unary({});
  await server.stop();
  assertAll(await errorsOf(client, ""), Status.UNAVAILABLE, "connection");
});

each("a connection that is lost during calls gives them the origin connection", async ({ server, connect, seen }) => {
  if (server.address.startsWith("memory:")) return;
  await using proxy = await startProxy(server.address);
  for (const how of ["close", "reset"] as const) {
    await using client = connect({ address: proxy.address });
    const before = seen.length;
    const errors = errorsOf(client, "hang");
    await until(() => seen.length === before + METHODS.length, "all calls have arrived");
    proxy.cut(how);
    assertAll(await errors, Status.UNAVAILABLE, "connection");
  }
});

const fail = () => {
  throw new RpcError(Status.UNAVAILABLE, "go away");
};

each("a call that the breaker rejects has the origin breaker", async ({ connect }) => {
  await using client = connect({ breaker: { samples: 1, failureRate: 0.1, openTime: 60_000 } });
  assertAll(await errorsOf(client, ""), Status.UNAVAILABLE, "server");
  assertAll(await errorsOf(client, ""), Status.UNAVAILABLE, "breaker");
}, { handlers: { unary: fail, clientStream: fail, serverStream: fail, bidi: fail } });

let nested: KindsClient;
const handlers = {
  unary: (request: unknown) => nested.unary(request as never),
  clientStream: (requests: unknown) => nested.clientStream(requests as never),
  serverStream: (request: unknown) => nested.serverStream(request as never),
  bidi: (requests: unknown) => nested.bidi(requests as never),
};

each("an error of a nested call shows the caller no address; the server's log has the whole text", async (pair) => {
  const address = vacant(pair.server.address);
  await using client = nested = pair.connect({ address });
  const errors = await errorsOf(pair.client, "");
  assertAll(errors, Status.UNAVAILABLE, "server");
  assertEquals(
    errors.map(({ rawMessage }) => rawMessage.replace(/[0-9a-f-]{36}/, "ID")),
    METHODS.map((method) => `/dinokit.test.Kinds/${method}: no connection to the service (request id ID)`),
  );
  await errorsOf(pair.client, "");
  const lines = pair.log.filter((line) => line.startsWith("a call to another service failed"));
  assertEquals(lines.length, METHODS.length, "once a second for each method");
  for (const line of lines) assertStringIncludes(line, address);
  assert(client === nested);
}, { handlers });

each(
  "an error from a handler's own client names the called method",
  async (pair) => {
    await using client = nested = pair.connect({ limits: { sendMessageBytes: 10 } });
    for (const { rawMessage } of await errorsOf(pair.client, "x".repeat(20))) {
      assert(/^\/dinokit\.test\.Kinds\/\w+: (a|Attempted to send) message/.test(rawMessage), rawMessage);
    }
    assert(client === nested);
    assertEquals(pair.log, []);
  },
  { handlers },
);
