/** TLS of a server. All are PEM texts. */
export interface ServerTls {
  /** The certificate chain. */
  cert: string;
  /** The private key. */
  key: string;
  /** The certificates that sign those of clients; with it, a client must show one (mutual TLS). */
  ca?: string;
}

/** TLS of a client. All but the name are PEM texts. */
export interface ClientTls {
  /** The certificates that sign the server's: no others count then. @default those that Deno trusts */
  ca?: string;
  /** The client's own certificate chain, for mutual TLS. */
  cert?: string;
  /** Its private key. */
  key?: string;
  /** The name that the server's certificate must have: a DNS name or an IP address. @default the host of the address */
  serverName?: string;
}
