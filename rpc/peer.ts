/** The peer of a connection. */
export interface Peer {
  /**
   * The address of the peer: `"127.0.0.1:51234"`, `"[::1]:51234"`, `"unix:/path"` (the path of the socket) or
   * `"memory:name"`.
   */
  readonly address: string;
  /** The names in the peer's verified certificate; undefined without mutual TLS. */
  readonly identity?: PeerIdentity;
}

/**
 * The names in a verified certificate. Use `uris` (such as a SPIFFE ID) or `dnsNames` for authorization: certificate
 * authorities validate these, but often not the common name.
 */
export interface PeerIdentity {
  /** The common name (CN) of the subject; `""` if it has none. */
  readonly commonName: string;
  /** The DNS names among the subject alternative names. */
  readonly dnsNames: readonly string[];
  /** The URIs among the subject alternative names, such as `"spiffe://example.org/ns/default/sa/echo"`. */
  readonly uris: readonly string[];
}
