import { assert, assertEquals } from "@std/assert";
import { PEER_PERMISSIONS } from "../interop/peers.ts";
import { needs } from "../needs.ts";
import { judge } from "../pings/judge.ts";
import { runPinger } from "../pings/pingers.ts";
import { makeSlowCalls, SHORT } from "../pings/slow_calls.ts";
import { FOREIGN_PEERS } from "./peer.ts";

needs(
  PEER_PERMISSIONS,
  "slow and idle calls to grpcio and grpc-js go on, and each of them is found out when it freezes (deno task pings: two minutes)",
  async () => {
    await Promise.all(FOREIGN_PEERS.map(async ({ name, serve }) => {
      await using server = await serve();
      judge(name, await makeSlowCalls(server, SHORT));
    }));
  },
);

needs(
  PEER_PERMISSIONS,
  "clients of grpcio and grpc-js that ping each second without a call are sent away with too_many_pings, wait longer then, and can call",
  async () => {
    const outcomes = await Promise.all(
      FOREIGN_PEERS.map(({ pinger }) => runPinger(pinger, { keepalive: 1000, pause: 15_000, stream: false })),
    );
    for (const { failure, tooMany, connections } of outcomes) {
      assertEquals(failure, "");
      assert(tooMany > 0 && tooMany < 4, `too_many_pings: ${tooMany} times`);
      assert(connections > 1, `${connections} connections`);
    }
  },
);
