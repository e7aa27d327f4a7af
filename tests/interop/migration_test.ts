// The columns of the migration page that speak of Kitex, against Kitex.
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { createClient, RpcError, Status } from "../../mod.ts";
import { Kit, testRows } from "../migration/rows.ts";
import { startCountingProxy } from "../pings/counting_proxy.ts";
import { type Peer, runProgram } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { buildPeers, PEER_PERMISSIONS, startPeer } from "./peers.ts";

/** What came of a Kitex client's calls. */
interface Outcome {
  replies: string[];
  errors: string[];
  milliseconds: number;
}

/** Runs the Kitex client; on two processors, which say how many connections it makes. */
async function kitex<T = Outcome>(address: string, ...args: string[]): Promise<T> {
  const program = {
    path: `${await buildPeers()}/kitex_ways`,
    args: ["-addr", address, ...args],
    env: { GOMAXPROCS: "2" },
  };
  const { code, stdout, stderr } = await runProgram(program);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** What Kitex does without options. */
const defaults = () =>
  kitex<
    Record<
      "connectTimeout" | "rpcTimeout" | "maxRetryTimes" | "retryErrorRate" | "breakerErrorRate" | "breakerSamples",
      number
    >
  >(
    "",
    "-kind",
    "defaults",
  );

/** A Dinokit server whose calls do what the text says, and what each of them had left of its time. */
async function counting(): Promise<{ kit: Kit; left: (number | undefined)[] }> {
  const left: (number | undefined)[] = [];
  const kit = await Kit.start({
    async unary({ text }, { signal, deadline }) {
      left.push(deadline && deadline - Date.now());
      if (text === "hang") await new Promise((ended) => signal.onabort = ended);
      else if (text !== "hello") throw new RpcError(Status[text as "UNAVAILABLE"], "no");
      return { text };
    },
  });
  return { kit, left };
}

/** How often a Kitex client begins a call that fails. */
async function attempts(...args: string[]): Promise<number> {
  const { kit, left } = await counting();
  await using _ = kit;
  const { errors } = await kitex(kit.address, ...args);
  assertEquals(errors.length, 1);
  return left.length;
}

const withKitex = (run: (server: Peer) => Promise<void>) => async () => {
  await using server = await startPeer("kitex_kinds_server");
  await run(server);
};

testRows(
  "What works differently",
  {
    "a unary call without a timeout": async () => {
      const { kit, left } = await counting();
      await using _ = kit;
      assertEquals((await kitex(kit.address)).replies, ["hello"]);
      assertEquals([left, (await defaults()).rpcTimeout], [[undefined], 0]);
    },
    "`WithRPCTimeout(d)`, `WithFailureRetry(p)`": async () => {
      const { kit, left } = await counting();
      await using _ = kit;
      const { errors, milliseconds } = await kitex(kit.address, "-way", "failure", "-text", "hang");
      assertMatch(errors[0]!, /^rpc timeout: timeout=200ms/);
      assert(milliseconds >= 600, `${milliseconds} ms`);
      assertEquals(left.length, 3);
      for (const ms of left) assert(ms! <= 200, `${ms} ms left`);
    },
    "no option for retries": async () => {
      assertEquals(await attempts("-text", "UNAVAILABLE"), 1);
      assertEquals(await attempts("-way", "timeout", "-text", "hang"), 1);
    },
    "`retry.NewFailurePolicy()`, `retry: {}`": async () => {
      assertEquals(await attempts("-way", "failure", "-text", "UNAVAILABLE"), 1);
      assertEquals(await attempts("-way", "failure", "-text", "hang"), 3);
      assertEquals((await defaults()).maxRetryTimes, 2);
    },
    "`retry.AllErrorRetry()`": async () => {
      assertEquals(await attempts("-way", "all", "-text", "UNAVAILABLE"), 3);
      assertEquals(await attempts("-way", "all", "-text", "NOT_FOUND"), 3);
    },
    "retries in a chain of services": async () => {
      const { kit: last, left } = await counting();
      await using _ = last;
      const next = last.client({ retry: {} });
      const marks: (string | undefined)[] = [];
      await using first = await Kit.start({
        unary(request, { metainfo }) {
          marks.push(metainfo.persistent.get("RETRYREQ"));
          return next.unary(request);
        },
      });
      await kitex(first.address, "-way", "all", "-text", "UNAVAILABLE");
      assertEquals([marks[0], typeof marks[1], typeof marks[2]], [undefined, "string", "string"]);
      assertEquals(left.length, 3 + 1 + 1);
    },
    "many failed attempts": async () => {
      assertEquals((await defaults()).retryErrorRate, 0.1);
      const { kit, left } = await counting();
      await using _ = kit;
      await kitex(kit.address, "-way", "all", "-text", "UNAVAILABLE", "-count", "30", "-one-by-one");
      assert(left.length < 60, `${left.length} attempts of 30 calls`); // 90 without that bound
    },
    "`WithCircuitBreaker(circuitbreak.NewCBSuite(...))`, `breaker: {}`": async () => {
      const { breakerErrorRate, breakerSamples } = await defaults();
      assertEquals([breakerErrorRate, breakerSamples], [0.5, 200]);
    },
    "the size of a message": withKitex(async (server) => {
      const size = ["-size", "20000000"];
      assertEquals((await kitex(server.address, ...size)).replies, ["hello"]);
      await using kit = await Kit.start();
      assertStringIncludes(
        (await kitex(kit.address, ...size)).errors[0]!,
        "code = 8 desc = a message has 20000012 bytes",
      );
    }),
    "header and trailer": withKitex(async (server) => {
      assertEquals((await kitex(server.address, "-header", "1000000")).replies, ["hello"]);
      await using kit = await Kit.start();
      assertStringIncludes(
        (await kitex(kit.address, "-header", "9000")).errors[0]!,
        "code = 8 desc = the header has 9039 bytes",
      );
    }),
    "concurrent calls on a connection": withKitex(async (server) => {
      await using kitexProxy = startCountingProxy(server.address);
      const many = ["-count", "400", "-text", "sleep:50"];
      assertEquals((await kitex(kitexProxy.address, ...many)).replies.length, 400);
      // A server of Kitex sets no limit: a client of ours has all of them on one connection at once, which takes 1 s;
      // 100 at a time would take 3.
      await using client = createClient(Kinds, { address: server.address });
      const start = performance.now();
      await Promise.all(Array.from({ length: 300 }, () => client.unary({ text: "sleep:1000" })));
      assert(performance.now() - start < 3000, `${performance.now() - start} ms`);
      await using kit = await Kit.start();
      assertEquals((await kitex(kit.address, ...many)).errors, []); // held back where there is no room
    }),
    '`errors.New("no database")` from a handler': withKitex(async (server) => {
      await using client = createClient(Kinds, { address: server.address });
      const { code, rawMessage } = await assertRejects(() => client.unary({ text: "plain:no database" }), RpcError);
      assertEquals([code, rawMessage], [Status.INTERNAL, "no database [biz error]"]);
      await using kit = await Kit.start({
        unary() {
          throw new Error("no database");
        },
      });
      assertStringIncludes((await kitex(kit.address)).errors[0]!, "code = 13 desc = internal error");
    }),
    "connecting takes long": async () => assertEquals((await defaults()).connectTimeout, 50),
    "connections of a client": withKitex(async (server) => {
      await using proxy = startCountingProxy(server.address);
      assertEquals((await kitex(proxy.address, "-count", "10", "-one-by-one")).replies.length, 10);
      assertEquals(proxy.counts.connections, 3);
    }),
  },
  PEER_PERMISSIONS,
  false,
);

testRows(
  "Streams",
  {
    "client: `stream.Recv()` until `io.EOF`": async () => {
      await using kit = await Kit.start();
      assertEquals((await kitex(kit.address, "-kind", "bidi", "-count", "3")).replies, ["hello", "hello", "hello"]);
      const failed = await kitex(kit.address, "-kind", "bidi", "-text", "fail:5:no user");
      assertStringIncludes(failed.errors[0]!, "code = 5 desc = no user");
    },
    "client: `stream.CloseAndRecv()`": async () => {
      await using kit = await Kit.start();
      assertEquals((await kitex(kit.address, "-kind", "upload", "-count", "2")).replies, ["hello,hello"]);
    },
    "server: `stream.Recv()` until `io.EOF`": withKitex(async (server) => {
      await using client = createClient(Kinds, { address: server.address });
      const requests = ReadableStream.from([{ text: "a" }, { text: "b" }]);
      assertEquals((await Array.fromAsync(client.bidi(requests))).map(({ text }) => text), ["a", "b"]);
    }),
    "server: `stream.SendAndClose(reply)`": withKitex(async (server) => {
      await using client = createClient(Kinds, { address: server.address });
      const requests = ReadableStream.from([{ text: "a" }, { text: "b" }]);
      assertEquals((await client.clientStream(requests)).text, "a,b");
    }),
    "server: `return nil`, `return err`": withKitex(async (server) => {
      await using client = createClient(Kinds, { address: server.address });
      const replies = client.bidi(ReadableStream.from([{ text: "fail:5:no user" }]));
      const { code, rawMessage } = await assertRejects(() => Array.fromAsync(replies), RpcError);
      assertEquals([code, rawMessage], [Status.NOT_FOUND, "no user [biz error]"]);
    }),
    "client: no timeout for a stream, with `WithRPCTimeout` or without": withKitex(async (server) => {
      const slow = ["-kind", "bidi", "-way", "timeout", "-text", "sleep:400"];
      assertEquals((await kitex(server.address, ...slow)).replies, ["sleep:400"]);
    }),
  },
  PEER_PERMISSIONS,
  false,
);
