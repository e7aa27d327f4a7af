import type { Connection } from "../http2/connection.ts";

/** A look that comes later than this after the last, in milliseconds, says nothing: this process stood still itself. */
const LATE_MS = 1600;

/**
 * Finds out that a server is silent which owes answers: one that was frozen, or whose network is gone. The server is
 * asked for a sign of life once after each call that begins and each frame of a call that it sends, so there are never
 * more questions than these.
 */
export class Silence {
  /** Whether it has not answered. */
  silent = false;
  readonly #limit: number;
  #lookedAt = 0;
  #lastRead = 0;
  /**
   * Whether calls were in flight at a look since it last sent something: they may have ended by their deadline
   * meanwhile.
   */
  #owes = false;
  /** When it was asked. */
  #askedAt: number | undefined;
  /** When it had last sent something as it was asked. */
  #before = -1;
  /** How far the calls had come as it was asked. */
  #progress = -1;

  /** @param limit How long it may send nothing, in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a question has no answer yet. */
  get asking(): boolean {
    return this.#askedAt !== undefined;
  }

  /**
   * Looks; to be called about once a second.
   *
   * @param now Milliseconds.
   * @param lastRead When it last sent something.
   * @param owes Whether calls are in flight.
   * @param connection To ask.
   * @returns Whether it asked.
   */
  look(
    now: number,
    lastRead: number,
    owes: boolean,
    connection: Pick<Connection, "callFrames" | "nextStream" | "pings">,
  ): boolean {
    const late = now - this.#lookedAt > LATE_MS;
    this.#lookedAt = now;
    this.#owes = owes || (this.#owes && lastRead === this.#lastRead);
    this.#lastRead = lastRead;
    if (lastRead > this.#before) this.#askedAt = undefined;
    if (!this.#owes || late || now - lastRead < this.#limit / 2) return false;
    if (this.#askedAt !== undefined) {
      if (now - this.#askedAt >= this.#limit / 2 && now - lastRead >= this.#limit) this.silent = true;
      return false;
    }
    // What else it sends, as WINDOW_UPDATE and PING, is no news: it would be asked again and again.
    const progress = connection.callFrames + connection.nextStream;
    if (progress === this.#progress) return false;
    connection.pings.ask();
    this.#askedAt = now;
    this.#before = lastRead;
    this.#progress = progress;
    return true;
  }

  /** For how many milliseconds its answer has been missing. */
  missing(now: number): number {
    return this.#askedAt === undefined ? 0 : now - this.#askedAt;
  }
}
