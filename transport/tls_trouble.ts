/** What a TLS handshake failed with, as node:tls tells it. */
export interface TlsError {
  readonly code?: string;
  readonly message: string;
}

/**
 * Why a server can't be called by TLS, and what to do.
 *
 * @param error What the handshake failed with.
 * @param tls The client's options.
 * @param name The name that the certificate had to have.
 */
export function tlsTrouble(error: TlsError, tls: { ca?: string; cert?: string }, name: string): string {
  switch (error.code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID": {
      const names = /.*(?:altnames|cert's list): (.*)$/.exec(error.message)?.[1] || "other names";
      return `shows a certificate for ${names}, not for ${name}; call it by one of its names, or set tls.serverName`;
    }
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "speaks no TLS; leave out the option tls, or call its port for TLS";
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_HAS_EXPIRED":
      return tls.ca === undefined
        ? "shows a certificate that this system does not trust, or that has expired; set tls.ca to its authority's"
        : "shows a certificate that no authority in tls.ca has signed, or that has expired";
  }
  if (/certificate ?required|bad ?certificate|unknown ?ca|handshake ?failure/i.test(error.message)) {
    return tls.cert === undefined
      ? "asks for a client's certificate; set tls.cert and tls.key"
      : `does not take the certificate in tls.cert: ${error.message}`;
  }
  return `can't be called by TLS: ${error.message}`;
}
