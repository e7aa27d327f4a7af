/** The other end of a connection. */
export interface Peer {
  /** Where it is: `"127.0.0.1:51234"`, `"unix:/path"` or `"memory:name"`. */
  readonly address: string;
  /** The subject of its certificate, with mutual TLS. */
  readonly identity?: string;
}
