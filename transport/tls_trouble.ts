import { ServerCertificateError, wrongName } from "../tls/connect.ts";
import type { TlsText } from "../tls/words.ts";

/** The error of a failed TLS handshake, from node:tls or from Deno's own TLS. */
export interface TlsError {
  readonly code?: string;
  readonly message: string;
}

/**
 * The codes by which node:tls reports a certificate that no known authority has signed. It also reports some other
 * certificates so, by mistake.
 */
const UNKNOWN_ISSUER = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Returns whether an error of a socket is the peer's TLS alert. Deno's own TLS says so in the text only. */
export const isTlsAlert = ({ message }: TlsError): boolean => /alert/i.test(message);

/**
 * Returns why the TLS handshake with a server failed, and what to do.
 *
 * Deno's own TLS reports a failure only as a text, and node:tls of Deno gives some of them no code. This is the only
 * place that reads these texts. It can go when both set a code.
 *
 * @param error The error of the handshake.
 * @param tls The client's options.
 * @param name The name that the certificate must have.
 */
export function tlsTrouble(error: TlsError, tls: { ca?: string; cert?: string }, name: string): TlsText {
  if (error instanceof ServerCertificateError) return error.text;
  const { code = "", message } = error;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || /InvalidContentType/.test(message)) {
    return ({ allOfTls }) => `speaks no TLS; leave out ${allOfTls}, or call its port for TLS`;
  }
  const [, invalid] = /^invalid peer certificate: (.*)/s.exec(message) ?? [];
  if (code === "CERT_HAS_EXPIRED" || /^(certificate )?expired/i.test(invalid ?? "")) {
    return () => "shows a certificate that has expired, by the clock of this machine";
  }
  if (code === "CERT_NOT_YET_VALID" || /^NotValidYet|not valid yet/.test(invalid ?? "")) {
    return () => "shows a certificate that is not valid yet, by the clock of this machine";
  }
  if (UNKNOWN_ISSUER.has(code) || invalid === "UnknownIssuer") return unknownIssuer(tls);
  if (invalid !== undefined) return notTaken(invalid, name);
  if (/certificate ?required|bad ?certificate|unknown ?ca|handshake ?failure/i.test(message)) {
    return tls.cert === undefined
      ? ({ cert, key }) => `asks for a client's certificate; set ${cert} and ${key}`
      : ({ cert }) => `does not take the certificate in ${cert}: ${message}`;
  }
  return () => `can't be called by TLS: ${message}`;
}

function unknownIssuer(tls: { ca?: string }): TlsText {
  return tls.ca === undefined
    ? ({ ca }) =>
      `shows a certificate that Deno does not trust; set ${ca} to its authority's, or DENO_TLS_CA_STORE=system if this ` +
      "system trusts it"
    : ({ ca }) =>
      `shows a certificate that no authority in ${ca} has signed, or that has expired or is not for servers`;
}

/** Returns why Deno's own TLS rejects a certificate: in most cases it has other names. */
function notTaken(invalid: string, name: string): TlsText {
  if (!invalid.startsWith("certificate not valid for name")) {
    return () => `shows a certificate that is refused: ${invalid}`;
  }
  const names = invalid.matchAll(/DnsName\("([^"]*)"\)|IpAddress\(([^)]*)\)/g);
  return wrongName(Array.from(names, ([, dns, ip]) => dns ?? ip!), name);
}
