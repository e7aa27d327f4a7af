import { assert, assertEquals } from "@std/assert";
import { createClient, createServer, type Logger, type Server } from "../mod.ts";
import { from } from "./each_transport.ts";
import { kindsHandlers } from "./kinds.ts";
import { needs } from "./needs.ts";
import { Kinds } from "./proto/kinds.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

async function startServer(more: object = {}): Promise<Server> {
  const server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet, drainTimeout: 5000, ...more });
  server.add(Kinds, kindsHandlers([]));
  await server.start();
  return server;
}

needs([{ name: "net" }], "servers that stop one after the other under load lose no call, of any kind", async () => {
  const first = await startServer();
  const address = [first.address];
  const others = [await startServer(), await startServer()];
  for (const other of others) address.push(other.address);
  await using client = createClient(Kinds, { address, logger: quiet });
  let calls = 0, going = true;
  const failures: unknown[] = [];
  const callers = Array.from({ length: 40 }, async (_, i) => {
    while (going) {
      try {
        if (i % 2 === 0) await client.unary({ text: "x" });
        else await client.clientStream(from({ text: "a" }, { text: "b" }));
        calls++;
      } catch (error) {
        failures.push(error);
      }
    }
  });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
  await pause();
  await first.stop();
  await pause();
  await others[0]!.stop();
  await pause();
  going = false;
  await Promise.all(callers);
  await others[1]!.stop();
  assertEquals(failures, []);
  assert(calls > 200, `${calls} calls`);
});

needs([{ name: "net" }], "connections that are drained for their age lose no call", async () => {
  await using server = await startServer({ limits: { connectionAge: 50, connectionAgeGrace: 2000 } });
  await using client = createClient(Kinds, { address: server.address, logger: quiet });
  const failures: unknown[] = [];
  const end = Date.now() + 800;
  let calls = 0;
  await Promise.all(Array.from({ length: 20 }, async () => {
    while (Date.now() < end) {
      await client.unary({ text: "x" }).then(() => calls++, (error) => void failures.push(error));
    }
  }));
  assertEquals(failures, []);
  assert(calls > 100, `${calls} calls`);
  assert((server.limitHits.get("connectionAge") ?? 0) >= 3, "several connections were told to go");
});
