import type { Connection } from "../http2/connection.ts";
import { PingPurpose } from "../http2/pings.ts";
import type { Limits } from "../transport.ts";
import type { Pump } from "./socket.ts";

/** How long a client may take to answer the PING behind the first GOAWAY, in milliseconds. */
const DRAIN_PONG_TIMEOUT_MS = 1000;
/**
 * How many times as long a client waits once no PING is allowed: servers of gRPC allow one in five minutes then, by
 * default (A8).
 */
const SPENT_PINGS_FACTOR = 6;

/**
 * What time does to a connection: each limit that is a time. It keeps no timer, somebody calls {@linkcode
 * Lifetime.check}.
 */
export class Lifetime {
  readonly #connection: Connection;
  readonly #pump: Pump;
  readonly #limits: Limits;
  readonly #born: number = performance.now();
  /** A tenth more or less, so that connections of one moment don't end in one moment. */
  readonly #age: number;
  #block = 0;
  #blockSince = 0;
  #idleSince: number | undefined;
  /** Since when the peer has been asked, and has sent nothing. */
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
   * The server has begun to drain the connection.
   *
   * @param grace How long that may take, in milliseconds.
   */
  drainBegan(grace: number = Infinity): void {
    this.#drainSince = performance.now();
    this.#grace = grace;
  }

  /**
   * Looks at the time.
   *
   * @param now Milliseconds of performance.now().
   * @param asking Whether the peer has been asked for a sign of life already, and has sent nothing since. False by
   * default.
   * @returns The limit that is passed now; `"drain"` if a drain need not wait for the PING any more.
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

  /** What is to be sent has waited too long: for the socket, or for a window that the peer does not open. */
  #stalled(now: number): boolean {
    if (past(this.#pump.writingSince, now, this.#limits.stallTimeout)) return true;
    const { waiting, frames } = this.#connection.sender;
    const stuck = waiting > 0 && frames === this.#sentFrames;
    this.#sentFrames = frames;
    this.#stalledSince = stuck ? this.#stalledSince ?? now : undefined;
    return past(this.#stalledSince, now, this.#limits.stallTimeout);
  }

  /** Nothing has come for long, and no answer to the question for a sign of life. */
  #unanswered(now: number, asking: boolean): boolean {
    const { lastRead } = this.#pump;
    const { keepaliveInterval, keepaliveTimeout } = this.#limits;
    if (this.#askedSince !== undefined) {
      if (lastRead < this.#askedSince) return now - this.#askedSince >= keepaliveTimeout;
      this.#askedSince = undefined;
    }
    const { server, streams, pings } = this.#connection;
    if (!server && streams.size === 0) return false;
    const patience = !server && !asking && pings.spent ? SPENT_PINGS_FACTOR : 1;
    if (now - lastRead < keepaliveInterval * patience) return false;
    this.#askedSince = now;
    if (asking) return false;
    pings.send(PingPurpose.Keepalive);
    this.#pump.wake();
    return false;
  }
}

const past = (since: number | undefined, now: number, limit: number) => since !== undefined && now - since >= limit;
