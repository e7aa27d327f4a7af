import { isIP } from "node:net";
import { connect, type ConnectionOptions, getCACertificates, type TLSSocket } from "node:tls";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { chainProblem } from "./chain.ts";
import { isFor, namesOf } from "./names.ts";
import { peerChain } from "./peer_chain.ts";
import { certificatesIn } from "./pem.ts";

/** What Deno wants for a list of the authorities that it trusts by default. */
export const DEFAULT_AUTHORITIES: readonly Deno.PermissionDescriptor[] = [
  { name: "sys" },
  { name: "env", variable: "NODE_USE_SYSTEM_CA" },
];

/** Which server a client wants to speak with. */
export interface Trust {
  /**
   * The authorities that may have signed its certificate, in PEM. Deno's by default: see {@linkcode
   * DEFAULT_AUTHORITIES}.
   */
  readonly ca?: string;
  /** The name that the certificate must have: a DNS name or an IP address. */
  readonly name: string;
}

/** A server's certificate must not be believed. The message says what is wrong: `"shows a certificate that ..."`. */
export class ServerCertificateError extends Error {
  override name = "ServerCertificateError";
}

/**
 * Connects by node:tls, and checks the server's certificate itself.
 *
 * node:tls of Deno 2.9 takes a forged certificate for a true one if it is of version 1 or has an odd octet, compares
 * the host with a text in which names of other kinds read as DNS names, goes by the common name, heeds
 * NODE_TLS_REJECT_UNAUTHORIZED, and ends the process at an intermediate certificate that it can't read:
 * docs/upstream/deno-server-certificates.md.
 *
 * @param options As node:tls takes them; what says whom to trust comes from `trust`.
 * @param trust Whom to trust; undefined to look at what a server says, whoever it is.
 * @param onSecure Told when the handshake is done.
 */
export function connectTls(options: ConnectionOptions, trust: Trust | undefined, onSecure?: () => void): TLSSocket {
  const { ca, name } = trust ?? {};
  const authorities = trust && authoritiesOf(ca);
  const socket: TLSSocket = connect({
    ...options,
    ...(ca !== undefined && { ca }),
    // RFC 6066 knows no addresses there.
    servername: name === undefined || isIP(name) ? undefined : name,
    rejectUnauthorized: trust !== undefined,
    checkServerIdentity: () => authorities && serverProblem(peerChain(socket), authorities, name!),
  }, onSecure);
  // Deno asks it for all certificates of the chain, and its own throws where nothing can catch it.
  socket.getPeerCertificate = (() => ({})) as unknown as TLSSocket["getPeerCertificate"];
  return socket;
}

function serverProblem(
  chain: Uint8Array[],
  authorities: readonly Certificate[],
  name: string,
): ServerCertificateError | undefined {
  const problem = chainProblem(chain, authorities, "server");
  if (problem !== undefined) return new ServerCertificateError(`shows a certificate that ${problem}`);
  const own = parseCertificate(chain[0]!);
  if (isFor(own, name)) return undefined;
  return new ServerCertificateError(wrongName(namesOf(own), name));
}

/** Says that a certificate has other names. */
export function wrongName(names: readonly string[], name: string): string {
  const others = names.length === 0 ? "no name at all (subject alternative name)" : names.slice(0, 10).join(", ");
  return `shows a certificate for ${others}, not for ${name}; call it by one of its names, or set tls.serverName`;
}

const known = new Map<string | undefined, readonly Certificate[]>();
/** The most texts of authorities that are kept read. */
const MAX_CACHED_AUTHORITIES = 20;

/** The authorities in a text: reading those of Deno takes some milliseconds, and connections come often. */
function authoritiesOf(ca: string | undefined): readonly Certificate[] {
  let authorities = known.get(ca);
  if (authorities === undefined) {
    authorities = certificatesIn(ca ?? getCACertificates("default").join("\n"));
    if (known.size >= MAX_CACHED_AUTHORITIES) known.clear();
    known.set(ca, authorities);
  }
  return authorities;
}
