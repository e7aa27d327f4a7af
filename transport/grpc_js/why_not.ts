import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { type Address, formatAddress } from "../../rpc/address.ts";
import type { ConnectOptions } from "../transport.ts";

/** The host that a TLS certificate is for, unless it is told otherwise. */
export const hostOf = (address: Address): string => address.kind === "tcp" ? address.host : "localhost";
const portOf = (address: Address) => address.kind === "tcp" ? address.port : 0;

/** How long a server may take to show what is wrong, in milliseconds. */
const PATIENCE = 1000;

/** Why a server that takes connections can't be called, and what to do: grpc-js only says that it failed. */
export async function whyNot(options: ConnectOptions): Promise<string> {
  const where = formatAddress(options.address);
  return `${where} ${options.tls ? await withTls(options) : await withoutTls(options)}`;
}

async function withTls(options: ConnectOptions): Promise<string> {
  const { address, tls = {} } = options;
  const { ca, cert, key, serverName } = tls;
  const name = serverName ?? hostOf(address);
  const error = await handshake(options, { ca, cert, key, ...(serverName && { servername: serverName }) });
  switch (error?.code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID": {
      const names = /.*altnames: (.*)$/.exec(error.message)?.[1] ?? "other names";
      return `shows a certificate for ${names}, not for ${name}; call it by one of its names, or set tls.serverName`;
    }
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "speaks no TLS; leave out the option tls, or call its port for TLS";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_HAS_EXPIRED":
      return ca === undefined
        ? "shows a certificate that this system does not trust, or that has expired; set tls.ca to its authority's"
        : "shows a certificate that no authority in tls.ca has signed, or that has expired";
  }
  if (error && /certificate ?required|bad ?certificate|unknown ?ca|handshake ?failure/i.test(error.message)) {
    return cert === undefined
      ? "asks for a client's certificate; set tls.cert and tls.key"
      : `does not take the certificate in tls.cert: ${error.message}`;
  }
  return error ? `can't be called by TLS: ${error.message}` : "speaks TLS but no HTTP/2; is it another service?";
}

async function withoutTls(options: ConnectOptions): Promise<string> {
  const error = await handshake(options, { rejectUnauthorized: false });
  // An alert is TLS as well.
  if (error === undefined || /alert/i.test(error.message)) return "speaks TLS; set the option tls";
  return "takes connections but speaks no HTTP/2; is it another service?";
}

/** One TLS handshake: what it failed with, also if the server ends it late, as it does when it wants a client's certificate. */
async function handshake(
  { address, signal }: ConnectOptions,
  options: ConnectionOptions,
): Promise<{ code?: string; message: string } | undefined> {
  const { promise, resolve } = Promise.withResolvers<{ message: string } | undefined>();
  const target = address.kind === "unix" ? { path: address.path } : { host: hostOf(address), port: portOf(address) };
  const socket: TLSSocket = connect({ ALPNProtocols: ["h2"], ...target, ...options });
  let secure = false;
  socket.on("secureConnect", () => secure = true);
  socket.on("data", () => resolve(undefined));
  socket.on("error", resolve);
  const late = () => resolve(secure ? undefined : { message: `no answer within ${PATIENCE} ms` });
  socket.on("close", () => secure ? late() : resolve({ message: "it hangs up" }));
  const timer = setTimeout(late, PATIENCE);
  signal.addEventListener("abort", late);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", late);
    socket.destroy();
  }
}
