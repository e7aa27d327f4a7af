import type { Connection } from "../../http2/connection.ts";

/**
 * If a check comes later than this after the previous one, in milliseconds, it is ignored: this process itself was
 * blocked.
 */
const LATE_MS = 1600;

/**
 * Detects a server that sends nothing although calls are in flight, because it is frozen or its network is lost. The
 * client sends a liveness probe (`Pings.ask`) at most once for each call that begins and each call frame that arrives.
 */
export class Silence {
  /** Whether the server has not answered in time. */
  silent = false;
  readonly #limit: number;
  #lookedAt = 0;
  #lastRead = 0;
  /**
   * Whether calls were in flight at a check since the server last sent something. They may have ended by their
   * deadlines.
   */
  #callsPending = false;
  /** When the client last asked. */
  #askedAt: number | undefined;
  /** When the server had last sent something before the client asked. */
  #before = -1;
  /** The progress of the calls when the client asked. */
  #progress = -1;

  /** @param limit How long the server may send nothing, in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a question is unanswered. */
  get asking(): boolean {
    return this.#askedAt !== undefined;
  }

  /**
   * Checks for silence. To be called about once a second.
   *
   * @param now The time, in milliseconds.
   * @param lastRead When the server last sent something.
   * @param pending Whether calls are in flight.
   * @param connection The connection, to ask.
   * @returns Whether it asked.
   */
  look(
    now: number,
    lastRead: number,
    pending: boolean,
    connection: Pick<Connection, "progress" | "pings">,
  ): boolean {
    const late = now - this.#lookedAt > LATE_MS;
    this.#lookedAt = now;
    this.#callsPending = pending || (this.#callsPending && lastRead === this.#lastRead);
    this.#lastRead = lastRead;
    if (lastRead > this.#before) this.#askedAt = undefined;
    if (!this.#callsPending || late || now - lastRead < this.#limit / 2) return false;
    if (this.#askedAt !== undefined) {
      if (now - this.#askedAt >= this.#limit / 2 && now - lastRead >= this.#limit) this.silent = true;
      return false;
    }
    // Other frames, such as WINDOW_UPDATE and PING, do not count: otherwise the client would ask again and again.
    const { progress } = connection;
    if (progress === this.#progress) return false;
    connection.pings.ask();
    this.#askedAt = now;
    this.#before = lastRead;
    this.#progress = progress;
    return true;
  }

  /** Returns how long the answer has been missing, in milliseconds. */
  missing(now: number): number {
    return this.#askedAt === undefined ? 0 : now - this.#askedAt;
  }
}
