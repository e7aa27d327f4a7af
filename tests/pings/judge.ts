import { assert, assertEquals } from "@std/assert";
import type { Pinging } from "../conformance/peer.ts";
import type { PingerOutcome } from "./pingers.ts";
import type { Outcome } from "./slow_calls.ts";

/** What gRPC A8 allows between HEADERS or DATA of the server. */
const MOST_PINGS = 2;
/**
 * The second look after the call finds a silent server out, and there is one each second; the rest is for a busy
 * machine.
 */
const SILENT_WITHIN_MS = 4000;

/** Checks that no call or connection was lost, that no PING was too many, and that the frozen server was found out. */
export function judge(peer: string, outcomes: readonly Outcome[]): void {
  for (const { scenario, failures, connections, most, silentAfter } of outcomes) {
    const where = `${scenario}, to ${peer}`;
    assertEquals(failures, [], where);
    assertEquals(connections, 1, `connections: ${where}`);
    assert(most <= MOST_PINGS, `${most} PINGs between HEADERS or DATA: ${where}`);
    assert(silentAfter <= SILENT_WITHIN_MS, `silent after ${silentAfter} ms: ${where}`);
  }
}

/** Checks that a client sent its PINGs as configured, and that its calls succeeded. */
export function judgePinger(client: string, { keepalive, pause }: Pinging, outcome: PingerOutcome): void {
  const where = `${client} pings each ${keepalive} ms`;
  assertEquals([outcome.failure, outcome.tooMany], ["", 0], where);
  assert(outcome.pings > pause / keepalive - 3, `${outcome.pings} PINGs: ${where}`);
}
