import { isIP } from "node:net";
import tls, { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { chainProblem } from "./chain.ts";
import { isFor, namesOf } from "./names.ts";
import { peerChain } from "./peer_chain.ts";
import { certificatesIn } from "./pem.ts";
import { TLS_OPTIONS, type TlsText } from "./words.ts";

/** The permissions that Deno needs to list the authorities that it trusts by default. */
export const DEFAULT_AUTHORITIES: readonly Deno.PermissionDescriptor[] = [
  { name: "sys" },
  { name: "env", variable: "NODE_USE_SYSTEM_CA" },
];

/** The authorities and the name by which a client verifies a server. */
export interface Trust {
  /**
   * The authorities that may sign the server's certificate, in PEM. Deno's by default: see
   * {@linkcode DEFAULT_AUTHORITIES}.
   */
  readonly ca?: string;
  /** The name that the certificate must have: a DNS name or an IP address. */
  readonly name: string;
}

/**
 * Thrown for a server certificate that must be rejected. The message says what is wrong:
 * `"shows a certificate that ..."`.
 */
export class ServerCertificateError extends Error {
  override name = "ServerCertificateError";
  /** The message, in which the caller chooses the names of the TLS options. */
  readonly text: TlsText;

  constructor(text: TlsText) {
    super(text(TLS_OPTIONS));
    this.text = text;
  }
}

/**
 * Connects by node:tls, and verifies the server's certificate itself, as node:tls of Deno 2.9 has faults
 * (docs/upstream/deno-server-certificates.md):
 * - It accepts a forged certificate that has version 1 or an unusual octet.
 * - It compares the host with a text in which names of other kinds read as DNS names.
 * - It accepts the common name.
 * - It obeys NODE_TLS_REJECT_UNAUTHORIZED.
 * - It ends the process at an intermediate certificate that it can't read.
 *
 * @param options The options of node:tls. Those about trust are overridden by `trust`.
 * @param trust What to verify. Undefined verifies nothing, to inspect the answers of any server.
 * @param onSecure Called when the handshake is done.
 */
export function connectTls(options: ConnectionOptions, trust: Trust | undefined, onSecure?: () => void): TLSSocket {
  const { ca, name } = trust ?? {};
  const authorities = trust && authoritiesOf(ca);
  const socket: TLSSocket = connect({
    ...options,
    ...(ca !== undefined && { ca }),
    // RFC 6066 does not allow IP addresses there.
    servername: name === undefined || isIP(name) ? undefined : name,
    rejectUnauthorized: trust !== undefined,
    checkServerIdentity: () => authorities && serverProblem(peerChain(socket), authorities, name!),
  }, onSecure);
  // Deno calls this for all certificates of the chain. Its own version throws where nothing can catch the error.
  socket.getPeerCertificate = (() => ({})) as unknown as TLSSocket["getPeerCertificate"];
  return socket;
}

function serverProblem(
  chain: Uint8Array[],
  authorities: readonly Certificate[],
  name: string,
): ServerCertificateError | undefined {
  const problem = chainProblem(chain, authorities, "server");
  if (problem !== undefined) return new ServerCertificateError(() => `shows a certificate that ${problem}`);
  const own = parseCertificate(chain[0]!);
  if (isFor(own, name)) return undefined;
  return new ServerCertificateError(wrongName(namesOf(own), name));
}

/** Returns the message for a certificate that has other names. */
export function wrongName(names: readonly string[], name: string): TlsText {
  const others = names.length === 0 ? "no name at all (subject alternative name)" : names.slice(0, 10).join(", ");
  return ({ serverName }) =>
    `shows a certificate for ${others}, not for ${name}; call it by one of its names, or set ${serverName}`;
}

const known = new Map<string | undefined, readonly Certificate[]>();
/** The most authority texts whose parsed certificates are cached. */
const MAX_CACHED_AUTHORITIES = 20;

/**
 * Returns the authorities in a text, cached: parsing Deno's own takes some milliseconds, and connections are frequent.
 */
function authoritiesOf(ca: string | undefined): readonly Certificate[] {
  let authorities = known.get(ca);
  if (authorities === undefined) {
    authorities = certificatesIn(ca ?? tls.getCACertificates("default").join("\n"));
    if (known.size >= MAX_CACHED_AUTHORITIES) known.clear();
    known.set(ca, authorities);
  }
  return authorities;
}
