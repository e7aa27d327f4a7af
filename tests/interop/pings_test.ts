import { needs } from "../needs.ts";
import { GO_PEERS } from "../pings/go_peers.ts";
import { judge } from "../pings/judge.ts";
import { makeSlowCalls, SHORT } from "../pings/slow_calls.ts";
import { PEER_PERMISSIONS } from "./peers.ts";

needs(
  PEER_PERMISSIONS,
  "slow and idle calls to Dinokit, grpc-go and Kitex continue, and a freeze of each server is detected (deno task pings: two minutes)",
  async () => {
    await Promise.all(GO_PEERS.map(async ({ name, serve }) => {
      await using server = await serve();
      judge(name, await makeSlowCalls(server, SHORT));
    }));
  },
);
