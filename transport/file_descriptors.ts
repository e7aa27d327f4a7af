import type { Server } from "node:net";
import { type Address, formatAddress } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";

/** How many connections the system queues until they are accepted. It is Node's default. */
const BACKLOG_CONNECTIONS = 511;

/** How many descriptors are freed after a shortage: for health checks, the registry, files and clients. */
const RESERVED_DESCRIPTORS = 16;
/** How long the number of connections stays reduced after a shortage, in milliseconds. */
const SHORTAGE_MS = 60_000;

/** The reduced number of connections that a server may have after the process ran out of descriptors. */
export interface Shortage {
  readonly room: number;
  /** The end of the reduction, in milliseconds of `performance.now()`. */
  readonly until: number;
}

/** Returns the reduction that follows a shortage of descriptors, and logs it. */
export function shortageAt(address: Address, connections: number, logger: Logger): Shortage {
  const room = Math.max(connections - RESERVED_DESCRIPTORS, connections >> 1);
  logger.error(
    "no file descriptor is left: some connections are closed; raise the limit (ulimit -n), or lower limits.connections",
    { address: formatAddress(address), connections, room, forMs: SHORTAGE_MS },
  );
  return { room, until: performance.now() + SHORTAGE_MS };
}

/** Returns whether an error means that the process or the system has no file descriptor left. */
export const isExhaustion = (error: unknown): boolean =>
  ["EMFILE", "ENFILE"].includes((error as { code?: string })?.code ?? "");

/**
 * Returns whether no descriptor is left. It tries to listen on an address that is already in use: without a free
 * descriptor, that fails before the system checks the address.
 */
export function isExhausted(address: Address): boolean {
  // On a unix socket whose file was removed, listening would succeed. A host name would need a lookup.
  if (address.kind !== "tcp" || !/^[\d.]+$|:/.test(address.host)) return false;
  try {
    Deno.listen({ hostname: address.host, port: address.port }).close();
    return false;
  } catch (error) {
    return isExhaustion(error);
  }
}

/**
 * Prepares the process for a shortage of descriptors. To be called before a server listens. Deno 2.9.6 opens a pipe for
 * signals when the first listener is added, and panics if no descriptor is left then; its own code adds one during a
 * shortage. tests/descriptors_test.ts shows whether this is still needed.
 */
export function prepareForShortage(): void {
  if (Deno.build.os === "windows") return;
  const nothing = () => {};
  Deno.addSignalListener("SIGWINCH", nothing);
  Deno.removeSignalListener("SIGWINCH", nothing);
}

/**
 * Makes a server of node:net accept connections again. In Deno 2.9.6 it stops accepting, without an event, when no
 * descriptor is left for a connection. A second call of `listen` on its handle restarts it. tests/descriptors_test.ts
 * shows whether this still works.
 */
export function acceptAgain(server: Server): void {
  (server as unknown as { _handle?: { listen(backlog: number): number } })._handle?.listen(BACKLOG_CONNECTIONS);
}
