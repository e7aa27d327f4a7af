import type { TLSSocket } from "node:tls";
import type { Logger } from "../base/logger.ts";
import type { PeerIdentity } from "../rpc/peer.ts";
import type { Certificate } from "../tls/certificate.ts";
import { chainProblem } from "../tls/chain.ts";
import { identityOf } from "../tls/identity.ts";
import { peerChain } from "../tls/peer_chain.ts";
import { certificatesIn } from "../tls/pem.ts";
import { RefusalLog } from "./refusal_log.ts";

/** Why node:tls refuses a client's certificate, by its code. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  INVALID_PURPOSE: "is not one for a client",
};
const NO_CERTIFICATE = "the client shows no certificate, and tls.ca asks for one";

/**
 * Checks the clients of a server with mutual TLS, each time that one connects.
 *
 * node:tls of Deno 2.9 keeps one key for the session tickets of all servers of a process, and looks at no certificate
 * when a session is resumed. Without this check a client gets in with a ticket of a server that asks for no
 * certificate, of one that trusts another authority, or from before `setTls`: docs/upstream/deno-session-tickets.md.
 */
export class ClientCheck {
  readonly #log: RefusalLog;
  #ca: string | undefined;
  #authorities: readonly Certificate[] | undefined;

  /**
   * Makes one.
   *
   * @param ca The option `tls.ca`; without it every client is let in, and none has an identity.
   * @param logger Where refused clients are logged.
   */
  constructor(ca: string | undefined, logger: Logger) {
    this.#log = new RefusalLog(logger);
    this.trust(ca);
  }

  /**
   * From now on these authorities count.
   *
   * @returns Whether they are others than before.
   */
  trust(ca: string | undefined): boolean {
    const changed = ca !== this.#ca;
    this.#ca = ca;
    this.#authorities = ca === undefined ? undefined : certificatesIn(ca);
    return changed;
  }

  /**
   * Looks at a client whose handshake node:tls has accepted.
   *
   * @param socket The client's socket. It is destroyed if the client is refused.
   * @param peer Its address, for the log.
   * @returns Whether it may be served, and who it is.
   */
  admit(socket: TLSSocket, peer: string | undefined): { identity?: PeerIdentity } | undefined {
    if (this.#authorities === undefined) return {};
    const chain = peerChain(socket);
    let problem = chainProblem(chain, this.#authorities, "client");
    try {
      if (problem === undefined) return { identity: identityOf(chain[0]!) };
    } catch (error) {
      problem = `can't be read: ${(error as Error).message}`;
    }
    this.#log.refused(peer, chain.length === 0 ? NO_CERTIFICATE : `the client's certificate ${problem}`, true);
    socket.destroy();
  }

  /** Whether the authorities that count now cover a client that was admitted. */
  covers(socket: TLSSocket): boolean {
    return this.#authorities === undefined || !chainProblem(peerChain(socket), this.#authorities, "client");
  }

  /** Logs a client whose handshake failed, in an event `tlsClientError`. */
  failed(error: Error & { code?: string }, socket: TLSSocket, peer: string | undefined): void {
    const { authorizationError: code } = socket as { authorizationError: unknown };
    if (typeof code === "string") {
      const why = REASONS[code] ?? "was signed by no authority in tls.ca, has expired or is none for a client";
      return this.#log.refused(peer, `the client's certificate ${why}`, true);
    }
    const none = error.code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
    this.#log.refused(peer, none ? NO_CERTIFICATE : `the TLS handshake failed: ${error.message}`, none);
  }
}
