import { createClient, createServer, RpcError } from "../../mod.ts";
import { join } from "../hostile/wire.ts";
import { kindsHandlers } from "../kinds.ts";
import { Kinds } from "../proto/kinds.ts";

/** What two peers said to each other on one connection each. */
export interface Traffic {
  readonly client: Uint8Array[];
  readonly server: Uint8Array[];
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function* numbers(count: number) {
  for (let i = 0; i < count; i++) yield { count: i, text: "number" };
}

/** Calls of which each is the traffic of one connection. */
const TALKS: ((client: ReturnType<typeof clientOf>) => Promise<unknown>)[] = [
  (client) => client.unary({ text: "hello" }),
  (client) => client.unary({ text: "hello" }, { metadata: { "x-echo": "a", "x-trail": "b" }, timeout: 5000 }),
  (client) => client.unary({ text: "fail:5:no such thing" }),
  (client) => client.unary({ data: new Uint8Array(40_000) }),
  async (client) => {
    for (let i = 0; i < 5; i++) await client.unary({ count: i });
  },
  (client) => Promise.all(Array.from({ length: 10 }, (_, count) => client.unary({ count }))),
  (client) => client.clientStream(numbers(10)),
  (client) => Array.fromAsync(client.serverStream({ count: 10, text: "s" })),
  (client) => Array.fromAsync(client.bidi(numbers(5))),
  (client) => client.unary({ text: "hang" }, { timeout: 100 }),
  (client) => client.unary({ text: "hang" }, { signal: AbortSignal.timeout(100) }),
  (client) =>
    client.unary({ text: "z".repeat(500) }, {
      metadata: { "x-long": "v".repeat(5000), "x-b-bin": new Uint8Array(30) },
    }),
];

const clientOf = (address: string, compression: "identity" | "gzip") =>
  createClient(Kinds, { address, logger: quiet, compression, transport: "http2" });

/** Lets a client and a server of the kit talk, and listens. */
export async function recordTraffic(): Promise<Traffic> {
  await using server = createServer({
    name: "kinds",
    address: "127.0.0.1:0",
    logger: quiet,
    compression: "gzip",
    transport: "http2",
    drainTimeout: 0,
  });
  server.add(Kinds, kindsHandlers());
  await server.start();
  const traffic: Traffic = { client: [], server: [] };
  for (const talk of TALKS) {
    for (const compression of ["identity", "gzip"] as const) {
      await using tap = startTap(server.address);
      {
        await using client = clientOf(tap.address, compression);
        await talk(client).catch((error) => {
          if (!(error instanceof RpcError)) throw error;
        });
      }
      const { client, server: answers } = await tap.heard();
      traffic.client.push(client);
      traffic.server.push(answers);
    }
  }
  return traffic;
}

/** A proxy of one connection that keeps what passes. */
function startTap(target: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client: Uint8Array[] = [];
  const server: Uint8Array[] = [];
  const pass = async (from: Deno.Conn, to: Deno.Conn, kept: Uint8Array[]) => {
    const buffer = new Uint8Array(65_536);
    for (let count; (count = await from.read(buffer).catch(() => null)) !== null;) {
      kept.push(buffer.slice(0, count));
      for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count)).catch(() => count!);
    }
    await to.closeWrite().catch(() => {});
  };
  const passed = (async () => {
    const inner = await listener.accept();
    const [hostname = "", port] = target.split(":");
    const outer = await Deno.connect({ hostname, port: Number(port) });
    await Promise.all([pass(inner, outer, client), pass(outer, inner, server)]);
    inner.close();
    outer.close();
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    async heard() {
      await passed;
      return { client: join(...client), server: join(...server) };
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await passed.catch(() => {});
    },
  };
}
