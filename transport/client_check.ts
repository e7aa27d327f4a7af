import type { TLSSocket } from "node:tls";
import type { Logger } from "../base/logger.ts";
import type { PeerIdentity } from "../rpc/peer.ts";
import type { Certificate } from "../tls/certificate.ts";
import { chainProblem } from "../tls/chain.ts";
import { identityOf } from "../tls/identity.ts";
import { peerChain } from "../tls/peer_chain.ts";
import { certificatesIn } from "../tls/pem.ts";
import { RefusalLog } from "./refusal_log.ts";

/** Why node:tls rejects a client's certificate, by error code. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  INVALID_PURPOSE: "may not be used by a client",
};
const NO_CERTIFICATE = "the client presented no certificate, which tls.ca requires";

/**
 * Checks the client's certificate of each new connection to a server with mutual TLS.
 *
 * In Deno 2.9, all servers of a process share the key for session tickets, and node:tls checks no certificate when it
 * resumes a session. Without this check, a client is admitted with a ticket from a server that asks for no certificate,
 * from one that trusts another authority, or from before `setTls`: docs/upstream/deno-session-tickets.md.
 */
export class ClientCheck {
  readonly #log: RefusalLog;
  #ca: string | undefined;
  #authorities: readonly Certificate[] | undefined;

  /**
   * Creates the check of one server.
   *
   * @param ca The option `tls.ca`. Without it, every client is admitted and none has an identity.
   * @param logger Receives the rejected clients.
   */
  constructor(ca: string | undefined, logger: Logger) {
    this.#log = new RefusalLog(logger);
    this.trust(ca);
  }

  /**
   * Replaces the trusted authorities.
   *
   * @returns Whether they differ from the previous ones.
   */
  trust(ca: string | undefined): boolean {
    const changed = ca !== this.#ca;
    this.#ca = ca;
    this.#authorities = ca === undefined ? undefined : certificatesIn(ca);
    return changed;
  }

  /**
   * Checks a client whose handshake node:tls has accepted.
   *
   * @param socket The client's socket. It is destroyed if the client is rejected.
   * @param peer The client's address, for the log.
   * @returns The client's identity if it has one; undefined if the client is rejected.
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

  /** Returns whether the current authorities still accept a client that was admitted before. */
  covers(socket: TLSSocket): boolean {
    return this.#authorities === undefined || !chainProblem(peerChain(socket), this.#authorities, "client");
  }

  /** Logs a client whose handshake failed. To be called for the event `tlsClientError`. */
  failed(error: Error & { code?: string }, socket: TLSSocket, peer: string | undefined): void {
    const { authorizationError: code } = socket as { authorizationError: unknown };
    if (typeof code === "string") {
      const why = REASONS[code] ?? "was not signed by an authority in tls.ca, has expired or is not for clients";
      return this.#log.refused(peer, `the client's certificate ${why}`, true);
    }
    const none = error.code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
    this.#log.refused(peer, none ? NO_CERTIFICATE : `the TLS handshake failed: ${error.message}`, none);
  }
}
