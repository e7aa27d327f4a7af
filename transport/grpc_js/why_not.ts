import type { ConnectionOptions } from "node:tls";
import { type Address, formatAddress } from "../../base/address.ts";
import { after } from "../../base/time.ts";
import { connectTls, type Trust } from "../../tls/connect.ts";
import type { TlsText } from "../../tls/words.ts";
import { ConnectError } from "../connect_error.ts";
import { isTlsAlert, type TlsError, tlsTrouble } from "../tls_trouble.ts";
import type { ConnectOptions } from "../transport.ts";

/** Returns the default name that a server's TLS certificate must have. */
export const hostOf = (address: Address): string => address.kind === "tcp" ? address.host : "localhost";
const portOf = (address: Address) => address.kind === "tcp" ? address.port : 0;

/** How long a server may take to reveal a problem, in milliseconds. */
const PROBE_TIMEOUT_MS = 1000;

/** Returns why a server that accepts connections can't be called, and what to do. grpc-js only reports a failure. */
export async function whyNot(options: ConnectOptions): Promise<ConnectError> {
  const text = options.tls ? await withTls(options) : await withoutTls(options);
  return new ConnectError("tls", (words) => `${formatAddress(options.address)} ${text(words)}`);
}

async function withTls(options: ConnectOptions): Promise<TlsText> {
  const { address, tls = {} } = options;
  const { ca, cert, key, serverName } = tls;
  const name = serverName ?? hostOf(address);
  const error = await handshake(options, { cert, key }, { ca, name });
  if (error === undefined) return () => "speaks TLS but no HTTP/2; is it another service?";
  return tlsTrouble(error, tls, name);
}

async function withoutTls(options: ConnectOptions): Promise<TlsText> {
  const error = await handshake(options, {}, undefined);
  // An alert proves that the server speaks TLS.
  if (error === undefined || isTlsAlert(error)) return ({ tls }) => `speaks TLS; set ${tls}`;
  return () => "takes connections but speaks no HTTP/2; is it another service?";
}

/**
 * Performs one TLS handshake, and returns its error. The error may come late: a server that wants a client's
 * certificate ends the connection after the handshake.
 */
async function handshake(
  { address, signal }: ConnectOptions,
  options: ConnectionOptions,
  trust: Trust | undefined,
): Promise<TlsError | undefined> {
  const { promise, resolve } = Promise.withResolvers<TlsError | undefined>();
  const target = address.kind === "unix" ? { path: address.path } : { host: hostOf(address), port: portOf(address) };
  const socket = connectTls({ ALPNProtocols: ["h2"], ...target, ...options }, trust);
  let secure = false;
  socket.on("secureConnect", () => secure = true);
  socket.on("data", () => resolve(undefined));
  socket.on("error", resolve);
  const late = () => resolve(secure ? undefined : { message: `no answer within ${PROBE_TIMEOUT_MS} ms` });
  socket.on("close", () => secure ? late() : resolve({ message: "it hangs up" }));
  const stop = after(PROBE_TIMEOUT_MS, late);
  signal.addEventListener("abort", late);
  try {
    return await promise;
  } finally {
    stop();
    signal.removeEventListener("abort", late);
    socket.destroy();
  }
}
