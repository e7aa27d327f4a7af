import { TLS_OPTIONS, type TlsText } from "../../../tls/words.ts";

/** Why a connection has ended. */
export interface CloseReason {
  /**
   * `"ended"`: the peer closed it. `"lost"`: its socket failed. `"tls"`: the peer speaks TLS, and this side does not.
   * `"unusable"`: the peer can't be called at all, or does not speak HTTP/2. `"closed"`: this side closed it, such as
   * at a limit.
   */
  readonly kind: "ended" | "lost" | "tls" | "unusable" | "closed";
  /** A text for people. If the peer can't be called, it is a phrase about the peer: "takes no calls: ...". */
  readonly text: string;
  /** The error of the socket, if it failed. */
  readonly error?: Error;
}

/** The phrase about a server that speaks TLS to a client that does not. */
export const SPEAKS_TLS: TlsText = ({ tls }) => `speaks TLS; set ${tls}`;

/** The reason for a server that speaks TLS to a client that does not. */
export const PEER_SPEAKS_TLS: CloseReason = { kind: "tls", text: SPEAKS_TLS(TLS_OPTIONS) };
