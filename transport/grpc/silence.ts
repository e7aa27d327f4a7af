import { PingPurpose, type Pings } from "../http2/pings.ts";

/** A look that comes later than this after the last, in milliseconds, says nothing: this process stood still itself. */
const LATE = 1600;

/**
 * Finds out that a server is silent which owes answers: one that was frozen, or whose network is gone. It is asked by PING, once for each
 * silence: servers of gRPC send away who asks again and again (A8), and a server that only takes its time answers that one.
 */
export class Silence {
  /** Whether it has not answered. */
  silent = false;
  readonly #limit: number;
  #lookedAt = 0;
  #lastRead = 0;
  /** Whether calls were in flight at a look since it last sent something: they may have ended by their deadline meanwhile. */
  #owes = false;
  /** When it was asked. */
  #askedAt: number | undefined;
  /** When it had last sent something as it was asked, and when its answer came: it is not asked again if nothing came since. */
  #before = -1;
  #answeredAt = -1;

  /** @param limit How long it may send nothing, in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Looks; to be called about once a second.
   *
   * @param now Milliseconds.
   * @param lastRead When it last sent something.
   * @param owes Whether calls are in flight.
   * @param pings To ask.
   * @returns Whether it asked.
   */
  look(now: number, lastRead: number, owes: boolean, pings: Pings): boolean {
    const late = now - this.#lookedAt > LATE;
    this.#lookedAt = now;
    this.#owes = owes || (this.#owes && lastRead === this.#lastRead);
    this.#lastRead = lastRead;
    if (this.#askedAt !== undefined && lastRead > this.#before) {
      this.#askedAt = undefined;
      this.#answeredAt = lastRead;
    }
    if (!this.#owes || late || now - lastRead < this.#limit / 2) return false;
    if (this.#askedAt !== undefined) {
      if (now - this.#askedAt >= this.#limit / 2 && now - lastRead >= this.#limit) this.silent = true;
      return false;
    }
    if (lastRead === this.#answeredAt) return false;
    pings.send(PingPurpose.Silence);
    this.#askedAt = now;
    this.#before = lastRead;
    return true;
  }

  /** For how many milliseconds its answer has been missing. */
  missing(now: number): number {
    return this.#askedAt === undefined ? 0 : now - this.#askedAt;
  }
}
