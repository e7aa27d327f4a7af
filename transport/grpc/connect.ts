import { formatAddress } from "../../base/address.ts";
import { inBackground } from "../../base/background.ts";
import { timeOfDay } from "../../base/time.ts";
import { validityOf } from "../../tls/validity.ts";
import { TLS_OPTIONS } from "../../tls/words.ts";
import { tlsTrouble } from "../tls_trouble.ts";
import type { ClientTls, Connection, ConnectOptions } from "../transport.ts";
import { ClientConnection } from "./client_connection.ts";
import { dial } from "./dial.ts";

/** Connects to a server, and waits for its SETTINGS. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { address, signal, tls } = options;
  const connection = new ClientConnection(await dial(options), options);
  const { promise: given, reject } = Promise.withResolvers<never>();
  const giveUp = () => {
    reject(signal.reason); // the socket may stay open for a while, which nobody waits for
    inBackground("the end of a connection", options.logger, () => connection.close(true));
  };
  signal.addEventListener("abort", giveUp);
  try {
    if (signal.aborted) giveUp();
    await Promise.race([connection.ready, given]);
    return connection;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const { message } = cause as Error;
    throw new Error(`${formatAddress(address)} ${tls ? afterHandshake(message, tls) : message}`, { cause });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/**
 * A server requests a client's certificate after its own handshake is done, and node:tls of Deno may lose its alert.
 */
function afterHandshake(message: string, tls: ClientTls): string {
  if (/alert/.test(message)) return tlsTrouble({ message }, tls, "")(TLS_OPTIONS);
  if (!/^the (peer closed|connection was lost)/.test(message)) return message;
  if (tls.cert === undefined) {
    return "hangs up after the TLS handshake; if it asks for a client's certificate, set tls.cert and tls.key";
  }
  const [problem = "does it trust the certificate in tls.cert?"] = validityOf({ cert: tls.cert }, timeOfDay()).problems;
  return `hangs up after the TLS handshake; ${problem}`;
}
