/** The TLS options of a server. All are PEM texts. */
export interface ServerTls {
  /** The certificate chain, the server's own certificate first. */
  cert: string;
  /** The private key of `cert`. */
  key: string;
  /**
   * The authorities that may sign the certificates of clients. If it is set, each client must present a certificate
   * (mutual TLS).
   */
  ca?: string;
}

/** The TLS options of a client. All but the name are PEM texts. */
export interface ClientTls {
  /**
   * The authorities that may sign the server's certificate. They replace the default ones.
   * @default {those that Deno trusts}
   */
  ca?: string;
  /** The client's own certificate chain, for mutual TLS. */
  cert?: string;
  /** The private key of `cert`. */
  key?: string;
  /**
   * The name that the server's certificate must have: a DNS name or an IP address.
   * @default {the host of the address}
   */
  serverName?: string;
}
