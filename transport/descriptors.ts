import type { Server } from "node:net";
import { type Address, formatAddress } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";

/** How many connections the system keeps until they are accepted; Node's own default. */
const BACKLOG_CONNECTIONS = 511;

/** How many descriptors are freed once none is left: for health checks, the registry, files and clients. */
const RESERVED_DESCRIPTORS = 16;
/** How long no more connections than are left then are taken, in milliseconds. */
const SHORTAGE_MS = 60_000;

/** How many connections a server may have once the process has run out of descriptors. */
export interface Shortage {
  readonly room: number;
  /** Until which moment of `performance.now()`. */
  readonly until: number;
}

/** What holds now that no descriptor is left. It goes into the log. */
export function shortageAt(address: Address, connections: number, logger: Logger): Shortage {
  const room = Math.max(connections - RESERVED_DESCRIPTORS, connections >> 1);
  logger.error(
    "no file descriptor is left: some connections are closed; raise the limit (ulimit -n), or lower limits.connections",
    { address: formatAddress(address), connections, room, forMs: SHORTAGE_MS },
  );
  return { room, until: performance.now() + SHORTAGE_MS };
}

/** Whether an error says that the process or the system has no file descriptor left. */
export const isExhaustion = (error: unknown): boolean =>
  ["EMFILE", "ENFILE"].includes((error as { code?: string })?.code ?? "");

/**
 * Whether no descriptor is left. It tries to listen where something listens already: without a descriptor, even that is
 * not found out.
 */
export function isExhausted(address: Address): boolean {
  // A unix socket could be made anew, if somebody has removed its file; a name would have to be looked up.
  if (address.kind !== "tcp" || !/^[\d.]+$|:/.test(address.host)) return false;
  try {
    Deno.listen({ hostname: address.host, port: address.port }).close();
    return false;
  } catch (error) {
    return isExhaustion(error);
  }
}

/**
 * Has a server of node:net go on accepting. On Deno 2.9.6 it stops for ever, without an event, when no descriptor is
 * left for a connection, and goes on when it is told to listen once more. tests/descriptors_test.ts shows whether that
 * still works.
 */
export function acceptAgain(server: Server): void {
  (server as unknown as { _handle?: { listen(backlog: number): number } })._handle?.listen(BACKLOG_CONNECTIONS);
}
