import { formatAddress } from "../../rpc/address.ts";
import { tlsTrouble } from "../tls_trouble.ts";
import type { Connection, ConnectOptions } from "../transport.ts";
import { ClientConnection } from "./client_connection.ts";
import { dial } from "./dial.ts";

/** Connects to a server, and waits until it has said its SETTINGS. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { address, signal, tls } = options;
  const connection = new ClientConnection(await dial(options), options);
  const { promise: given, reject } = Promise.withResolvers<never>();
  const giveUp = () => {
    reject(signal.reason); // the connection lingers for a while, which nobody waits for
    void connection.close(true);
  };
  signal.addEventListener("abort", giveUp);
  try {
    if (signal.aborted) giveUp();
    await Promise.race([connection.ready, given]);
    return connection;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const { message } = cause as Error;
    // A server tells after its own handshake that it wants a client's certificate.
    const why = tls && /alert/.test(message) ? tlsTrouble({ message }, tls, "") : message;
    throw new Error(`${formatAddress(address)} ${why}`, { cause });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
