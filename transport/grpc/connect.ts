import { formatAddress } from "../../base/address.ts";
import { inBackground } from "../../base/background.ts";
import { timeOfDay } from "../../base/time.ts";
import { validityOf } from "../../tls/validity.ts";
import type { TlsText } from "../../tls/words.ts";
import { ConnectError } from "../connect_error.ts";
import { isTlsAlert, tlsTrouble } from "../tls_trouble.ts";
import type { ClientTls, Connection, ConnectOptions } from "../transport.ts";
import { ClientConnection } from "./connection/client_connection.ts";
import { type CloseReason, SPEAKS_TLS } from "./sockets/close_reason.ts";
import { dial } from "./sockets/dial.ts";

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
    const reason = await Promise.race([connection.ready, given]);
    if (reason === undefined) return connection;
    signal.throwIfAborted();
    const problem = tlsProblem(reason, tls);
    const where = formatAddress(address);
    if (problem) throw new ConnectError("tls", (words) => `${where} ${problem(words)}`, reason.error);
    throw new Error(`${where} ${reason.text}`, { cause: reason.error });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Returns what is wrong with the TLS options; undefined if the connection ended for another reason. */
function tlsProblem({ kind, error }: CloseReason, tls: ClientTls | undefined): TlsText | undefined {
  if (kind === "tls") return SPEAKS_TLS;
  if (tls === undefined || kind !== "ended" && kind !== "lost") return undefined;
  // A server requests a client's certificate after its own handshake is done, and node:tls of Deno may lose its alert.
  if (error && isTlsAlert(error)) return tlsTrouble(error, tls, "");
  if (tls.cert === undefined) {
    return ({ cert, key }) =>
      `hangs up after the TLS handshake; if it asks for a client's certificate, set ${cert} and ${key}`;
  }
  return (words) => {
    const [problem] = validityOf({ cert: tls.cert }, timeOfDay(), words).problems;
    return `hangs up after the TLS handshake; ${problem ?? `does it trust the certificate in ${words.cert}?`}`;
  };
}
