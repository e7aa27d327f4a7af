import type { Server } from "node:net";
import type { Address } from "../../base/address.ts";

/** How many connections the system keeps until they are accepted; Node's own default. */
const BACKLOG = 511;

/** Whether an error says that the process or the system has no file descriptor left. */
export const isExhaustion = (error: unknown): boolean =>
  ["EMFILE", "ENFILE"].includes((error as { code?: string })?.code ?? "");

/** Whether no descriptor is left. It tries to listen where something listens already: without a descriptor, even that is not found out. */
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
 * Has a server of node:net go on accepting. On Deno 2.9.6 it stops for ever, without an event, when no descriptor is left for a
 * connection, and goes on when it is told to listen once more. tests/descriptors_test.ts shows whether that still works.
 */
export function acceptAgain(server: Server): void {
  (server as unknown as { _handle?: { listen(backlog: number): number } })._handle?.listen(BACKLOG);
}
