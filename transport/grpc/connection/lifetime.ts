import type { Connection } from "../../http2/connection.ts";
import { PingPurpose } from "../../http2/state/pings.ts";
import type { Limits } from "../../transport.ts";
import type { Pump } from "../sockets/pump.ts";

/** How long a client may take to answer the PING that follows the first GOAWAY, in milliseconds. */
const DRAIN_PONG_TIMEOUT_MS = 1000;
/**
 * The factor of the keepalive interval once the client has no PINGs left: gRPC servers then allow one in five minutes
 * by default (A8).
 */
const SPENT_PINGS_FACTOR = 6;

/** Checks the time limits of a connection. It has no timer of its own: its owner calls {@linkcode Lifetime.check}. */
export class Lifetime {
  readonly #connection: Connection;
  readonly #pump: Pump;
  readonly #limits: Limits;
  readonly #born: number = performance.now();
  /** Randomized by 10 %, so that connections from the same moment do not end at the same moment. */
  readonly #age: number;
  #block = 0;
  #blockSince = 0;
  #idleSince: number | undefined;
  /** When the peer was asked for a sign of life; undefined if it has sent something since. */
  #askedSince: number | undefined;
  #stalledSince: number | undefined;
  #drainSince: number | undefined;
  #grace = Infinity;
  #sentFrames = 0;

  constructor(connection: Connection, pump: Pump, limits: Limits) {
    this.#connection = connection;
    this.#pump = pump;
    this.#limits = limits;
    this.#age = limits.connectionAge * (0.9 + Math.random() * 0.2);
  }

  /**
   * Notes that the server has begun to drain the connection.
   *
   * @param grace How long the drain may take, in milliseconds.
   */
  drainBegan(grace: number = Infinity): void {
    this.#drainSince = performance.now();
    this.#grace = grace;
  }

  /**
   * Checks the limits.
   *
   * @param now Milliseconds of performance.now().
   * @param asking Whether the peer was already asked for a sign of life, and has sent nothing since. False by default.
   * @returns The exceeded limit; `"drain"` if a drain no longer needs to wait for the PING.
   */
  check(now: number, asking = false): keyof Limits | "drain" | undefined {
    const { established, streams, output } = this.#connection;
    const limits = this.#limits;
    if (!established) return now - this.#born >= limits.handshakeTimeout ? "handshakeTimeout" : undefined;
    const { headerBlock } = this.#connection;
    if (headerBlock !== this.#block) this.#blockSince = now;
    this.#block = headerBlock;
    if (headerBlock !== 0 && now - this.#blockSince >= limits.headersTimeout) return "headersTimeout";
    if (this.#stalled(now)) return "stallTimeout";
    if (this.#unanswered(now, asking)) return "keepaliveTimeout";
    if (this.#drainSince !== undefined) {
      if (now - this.#drainSince >= this.#grace) return "connectionAgeGrace";
      return now - this.#drainSince >= DRAIN_PONG_TIMEOUT_MS ? "drain" : undefined;
    }
    this.#idleSince = streams.size === 0 ? this.#idleSince ?? now : undefined;
    if (this.#idleSince === now && this.#pump.writingSince === undefined) output.shrink();
    if (past(this.#idleSince, now, limits.idleTimeout)) return "idleTimeout";
    return now - this.#born < this.#age ? undefined : "connectionAge";
  }

  /**
   * Returns whether outgoing octets have waited too long: for the socket, or for a window that the peer does not open.
   */
  #stalled(now: number): boolean {
    if (past(this.#pump.writingSince, now, this.#limits.stallTimeout)) return true;
    const { waiting, frames } = this.#connection.sendWindow;
    const stuck = waiting.size > 0 && frames === this.#sentFrames;
    this.#sentFrames = frames;
    this.#stalledSince = stuck ? this.#stalledSince ?? now : undefined;
    return past(this.#stalledSince, now, this.#limits.stallTimeout);
  }

  /** Returns whether the peer has sent nothing for too long, not even the answer to a PING. */
  #unanswered(now: number, asking: boolean): boolean {
    const { lastRead } = this.#pump;
    const { keepaliveInterval, keepaliveTimeout } = this.#limits;
    if (this.#askedSince !== undefined) {
      if (lastRead < this.#askedSince) return now - this.#askedSince >= keepaliveTimeout;
      this.#askedSince = undefined;
    }
    const { server, streams, pings } = this.#connection;
    if (!server && streams.size === 0) return false;
    const factor = !server && !asking && pings.spent ? SPENT_PINGS_FACTOR : 1;
    if (now - lastRead < keepaliveInterval * factor) return false;
    this.#askedSince = now;
    if (asking) return false; // the question of `Silence` takes the place of the PING
    pings.send(PingPurpose.Keepalive);
    this.#pump.wake();
    return false;
  }
}

const past = (since: number | undefined, now: number, limit: number) => since !== undefined && now - since >= limit;
