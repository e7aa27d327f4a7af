import type { ConnectionOptions } from "node:tls";
import { type Address, formatAddress } from "../../base/address.ts";
import { after } from "../../base/time.ts";
import { connectTls, type Trust } from "../../tls/connect.ts";
import { type TlsError, tlsTrouble } from "../tls_trouble.ts";
import type { ConnectOptions } from "../transport.ts";

/** The host that a TLS certificate is for, unless it is told otherwise. */
export const hostOf = (address: Address): string => address.kind === "tcp" ? address.host : "localhost";
const portOf = (address: Address) => address.kind === "tcp" ? address.port : 0;

/** How long a server may take to show what is wrong, in milliseconds. */
const PROBE_TIMEOUT_MS = 1000;

/** Why a server that takes connections can't be called, and what to do: grpc-js only says that it failed. */
export async function whyNot(options: ConnectOptions): Promise<string> {
  const where = formatAddress(options.address);
  return `${where} ${options.tls ? await withTls(options) : await withoutTls(options)}`;
}

async function withTls(options: ConnectOptions): Promise<string> {
  const { address, tls = {} } = options;
  const { ca, cert, key, serverName } = tls;
  const name = serverName ?? hostOf(address);
  const error = await handshake(options, { cert, key }, { ca, name });
  if (error === undefined) return "speaks TLS but no HTTP/2; is it another service?";
  return tlsTrouble(error, tls, name);
}

async function withoutTls(options: ConnectOptions): Promise<string> {
  const error = await handshake(options, {}, undefined);
  // An alert is TLS as well.
  if (error === undefined || /alert/i.test(error.message)) return "speaks TLS; set the option tls";
  return "takes connections but speaks no HTTP/2; is it another service?";
}

/**
 * One TLS handshake: what it failed with, also if the server ends it late, as it does when it wants a client's
 * certificate.
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
