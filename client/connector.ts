import { after } from "../rpc/time.ts";
import { inBackground } from "../rpc/background.ts";
import type { Logger } from "../rpc/logger.ts";
import { outsideScopes } from "../rpc/outside_scopes.ts";
import type { Subchannel } from "./subchannel.ts";

/** A new instance is connected to within so many milliseconds, at random, if others are ready: many clients hear of it at the same moment. */
export const NEW_WITHIN = 120;
/** The same for one whose connection was lost, or that the registry lists again. */
export const AGAIN_WITHIN = 1000;
/** How many are asked at once when none is ready. */
const NEEDED = 3;
/** One that has not answered within so many milliseconds is not waited for: others are asked beside it. */
const PATIENCE = 300;
/** How many attempts are under way at most. */
const MOST = 20;
/** After so many milliseconds without a call, connections that are lost are not made again before the next. */
const IDLE = 60_000;

/** What the connector asks and tells of its channel. */
export interface ConnectorEvents {
  /** One is ready. */
  ready(): void;
  /** How many calls have begun so far. */
  calls(): number;
  /** There are none any more: the next must {@linkcode Connector.wake} it. */
  idle(): void;
}

/**
 * Makes the connections of a channel. At once while none is ready and a call waits, to a few of them; otherwise each at a moment of its own, so
 * that many clients do not come to an instance together. One that could not be reached is asked again after its backoff.
 */
export class Connector {
  readonly #events: ConnectorEvents;
  readonly #logger: Logger;
  /** Those that are neither connected nor asked, and when they are to be. */
  readonly #waiting = new Map<Subchannel, number>();
  /** Those that are asked, and since when. */
  readonly #connecting = new Map<Subchannel, number>();
  #stopTimer: (() => void) | undefined;
  #timerAt = Infinity;
  /** Resolves when one is ready, or all that may be asked now have been. */
  #round: PromiseWithResolvers<void> | undefined;
  /** How many attempts the round has left: each is asked once, but while one hangs others may be asked again. */
  #left = 0;
  #seen = 0;
  #usedAt = performance.now();
  #asleep = false;
  #closed = false;

  constructor(events: ConnectorEvents, logger: Logger) {
    this.#events = events;
    this.#logger = logger;
  }

  /** Whether one is being asked now. */
  connecting(one: Subchannel): boolean {
    return this.#connecting.has(one);
  }

  /** Connects to one that is new, or whose connection was lost, when its time has come; at once if a call waits. */
  add(one: Subchannel): void {
    const within = one.lastError ? AGAIN_WITHIN : NEW_WITHIN;
    this.#waiting.set(one, performance.now() + Math.random() * within);
    if (this.#round) {
      this.#left++;
      this.#ask();
    }
    this.#schedule();
  }

  /** Gives one up. */
  remove(one: Subchannel): void {
    this.#waiting.delete(one);
  }

  /** The registry knows more than it did: nobody is held to a backoff. */
  forgive(): void {
    const now = performance.now();
    for (const [one, at] of this.#waiting) {
      one.forgive();
      this.#waiting.set(one, Math.min(at, now + Math.random() * AGAIN_WITHIN));
    }
    this.#schedule();
  }

  /** A call has come: goes on with what it left when there were none. */
  wake(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#usedAt = performance.now();
    this.#schedule();
  }

  /** A call needs an instance and none is ready: resolves when one is, or when none can be reached now; undefined if that is known already. */
  needed(): Promise<void> | undefined {
    if (this.#round) return this.#round.promise;
    this.#round = Promise.withResolvers();
    this.#left = this.#waiting.size;
    const { promise } = this.#round;
    this.#ask();
    this.#schedule();
    return this.#round && promise;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#stopTimer?.();
    this.#settle();
  }

  /** Asks some of those that may be asked, and ends the round if there is nothing to wait for. */
  #ask(): void {
    const now = performance.now();
    const may = [...this.#waiting.keys()].filter((one) => one.retryAt(true) <= now);
    let asked = this.#connecting.size - this.#hanging(now);
    for (; this.#left > 0 && may.length > 0 && asked < NEEDED && this.#connecting.size < MOST; asked++) {
      const [one] = may.splice(Math.floor(Math.random() * may.length), 1);
      this.#start(one!);
      this.#left--;
    }
    if (this.#connecting.size === 0) this.#settle();
  }

  #hanging(now: number): number {
    let count = 0;
    for (const since of this.#connecting.values()) if (now - since >= PATIENCE) count++;
    return count;
  }

  #settle(): void {
    this.#round?.resolve();
    this.#round = undefined;
  }

  #start(one: Subchannel): void {
    inBackground(`the connection to ${one.instance.address}`, this.#logger, () => this.#connect(one));
  }

  async #connect(one: Subchannel): Promise<void> {
    this.#waiting.delete(one);
    this.#connecting.set(one, performance.now());
    const ready = await one.connect();
    this.#connecting.delete(one);
    if (this.#closed) return;
    if (ready) {
      this.#events.ready();
      this.#settle();
    } else if (!one.closed) this.#waiting.set(one, one.retryAt(false));
    if (this.#round) this.#ask();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#asleep || this.#connecting.size >= MOST) return;
    const now = performance.now();
    let next = this.#round && this.#waiting.size > 0 ? now + PATIENCE : Infinity;
    for (const at of this.#waiting.values()) next = Math.min(next, at);
    if (next >= this.#timerAt) return;
    this.#stopTimer?.();
    this.#timerAt = next;
    // A program that has nothing else to do may end.
    this.#stopTimer = outsideScopes(() => after(Math.max(0, next - now), () => this.#due(), false));
  }

  #due(): void {
    this.#timerAt = Infinity;
    const now = performance.now();
    const calls = this.#events.calls();
    if (calls !== this.#seen || this.#round) this.#usedAt = now;
    this.#seen = calls;
    this.#asleep = now - this.#usedAt > IDLE;
    if (this.#asleep) return this.#events.idle();
    for (const [one, at] of this.#waiting) {
      if (at < now + 1 && this.#connecting.size < MOST) this.#start(one);
    }
    if (this.#round && this.#hanging(now) > 0) {
      this.#left = this.#waiting.size;
      this.#ask();
    }
    this.#schedule();
  }
}
