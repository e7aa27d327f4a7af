/** The other end of a connection. */
export interface Peer {
  /** Where it is: `"127.0.0.1:51234"`, `"[::1]:51234"`, `"unix:/path"` (the socket's) or `"memory:name"`. */
  readonly address: string;
  /** Who it is by its certificate, which was verified: with mutual TLS. */
  readonly identity?: PeerIdentity;
}

/**
 * The names in a verified certificate. For permissions compare with `uris` (such as a SPIFFE ID) or `dnsNames`:
 * authorities check these, but often not the common name.
 */
export interface PeerIdentity {
  /** The subject's common name (CN), `""` if it has none. */
  readonly commonName: string;
  /** The DNS names of its subject alternative names. */
  readonly dnsNames: readonly string[];
  /** The URIs of its subject alternative names: `"spiffe://example.org/ns/default/sa/echo"`. */
  readonly uris: readonly string[];
}
