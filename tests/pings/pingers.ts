import { createServer } from "../../mod.ts";
import type { Pinging } from "../conformance/peer.ts";
import { kindsHandlers } from "../kinds.ts";
import { recordingLogger } from "../observe.ts";
import { type Program, runProgram } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { startCountingProxy } from "./counting_proxy.ts";

/** What came of a client that pings a Dinokit server. */
export interface PingerOutcome {
  readonly connections: number;
  readonly pings: number;
  /** How often the server found them too many. */
  readonly tooMany: number;
  /** What the client printed if it failed. */
  readonly failure: string;
}

/**
 * Runs a client whose keepalive pings a Dinokit server with all defaults.
 *
 * @param pinger Makes it for the server's address.
 */
export async function runPinger(
  pinger: (address: string, what: Pinging) => Promise<Program>,
  what: Pinging,
): Promise<PingerOutcome> {
  await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: recordingLogger() });
  server.add(Kinds, kindsHandlers());
  await server.start();
  await using proxy = startCountingProxy(server.address);
  const { code, stdout, stderr } = await runProgram(await pinger(proxy.address, what), what.pause + 30_000);
  const { connections, pings } = proxy.counts;
  const tooMany = server.limitHits.get("pingInterval") ?? 0;
  return { connections, pings, tooMany, failure: code === 0 ? "" : stdout + stderr };
}
