import { parseAddress } from "../../base/address.ts";
import { after } from "../../base/time.ts";
import type { ClientTransport, Connection, ConnectOptions } from "../../transport/transport.ts";

/** The settings of the connections to all instances of a channel. */
export interface DialSettings {
  readonly transport: () => Promise<ClientTransport>;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly options: Omit<ConnectOptions, "address" | "authority" | "signal">;
  /** The `:authority` of calls; undefined for the address of the instance. */
  readonly authority: string | undefined;
}

/**
 * Connects to an instance.
 *
 * @param address The address of the instance.
 * @param settings The settings of all connections.
 * @param attempt Aborts the attempt. It is aborted when the time is up.
 * @param onSilence Called when the server falls silent, and when it sends something again.
 * @throws {Error} If there is no connection within `connectTimeout`.
 */
export async function dial(
  address: string,
  { transport, connectTimeout, options, authority }: DialSettings,
  attempt: AbortController,
  onSilence: () => void,
): Promise<Connection> {
  const late = () => attempt.abort(new Error(`${address} takes no connection within ${connectTimeout} ms`));
  const stopTimer = after(connectTimeout, late);
  try {
    return await (await transport()).connect({
      ...options,
      address: parseAddress(address, "instance"),
      // :authority can't hold a path. gRPC sends localhost there.
      authority: authority ?? (address.startsWith("unix:") ? "localhost" : address),
      signal: attempt.signal,
      onSilence,
    });
  } finally {
    stopTimer();
  }
}
