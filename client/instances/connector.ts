import { Heap } from "../../base/heap.ts";
import { after } from "../../base/time.ts";
import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import type { Subchannel } from "./subchannel.ts";

/**
 * A new instance is connected to within so many milliseconds, at random, if others are ready: many clients hear of it
 * at the same moment.
 */
export const NEW_INSTANCE_SPREAD_MS = 120;
/** The same for one whose connection was lost, or that the registry lists again. */
export const RECONNECT_SPREAD_MS = 1000;
/** How many are asked at once when none is ready. */
const URGENT_ATTEMPTS = 3;
/** One that has not answered within so many milliseconds is not waited for: others are asked beside it. */
const URGENT_ATTEMPT_MS = 300;
/** How many attempts are under way at most. */
const MAX_ATTEMPTS = 20;
/** How often one is chosen at random before all are looked at for one that may be asked. */
const RANDOM_SAMPLES = 5;
/** After so many milliseconds without a call, connections that are lost are not made again before the next. */
const IDLE_MS = 60_000;
/** How often, in milliseconds, it is looked at whether calls have begun: that asks each instance. */
const IDLE_CHECK_MS = 1000;

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
 * Makes the connections of a channel. At once while none is ready and a call waits, to a few of them; otherwise each at
 * a moment of its own, so that many clients do not come to an instance together. One that could not be reached is asked
 * again after its backoff.
 */
export class Connector {
  readonly #events: ConnectorEvents;
  readonly #logger: Logger;
  /**
   * Those that are neither connected nor asked. A registry may list thousands: what is done often does not look at all
   * of them.
   */
  readonly #waiting = new Heap<Subchannel>(({ dueAt }) => dueAt);
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
  #lookAt = 0;
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

  /**
   * Connects to those that are new, or whose connection was lost, when the time of each has come; at once if a call
   * waits.
   */
  add(...some: readonly Subchannel[]): void {
    const now = performance.now();
    for (const one of some) {
      const within = one.lastError ? RECONNECT_SPREAD_MS : NEW_INSTANCE_SPREAD_MS;
      this.#wait(one, now + Math.random() * within);
    }
    if (this.#round) {
      this.#left += some.length;
      this.#ask();
    }
    this.#schedule();
  }

  /** Gives one up. */
  remove(one: Subchannel): void {
    this.#waiting.remove(one);
  }

  /** The registry knows more than it did: nobody is held to a backoff. */
  forgive(): void {
    const now = performance.now();
    for (const one of this.#waiting.items) {
      one.forgive();
      one.dueAt = Math.min(one.dueAt, now + Math.random() * RECONNECT_SPREAD_MS);
    }
    this.#waiting.reorder();
    this.#schedule();
  }

  /** A call has come: goes on with what it left when there were none. */
  wake(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#usedAt = performance.now();
    this.#schedule();
  }

  /**
   * A call needs an instance and none is ready: resolves when one is, or when none can be reached now; undefined if
   * that is known already.
   */
  needed(): Promise<void> | undefined {
    if (this.#round) return this.#round.promise;
    this.#round = Promise.withResolvers();
    this.#left = this.#waiting.items.length;
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
    let asked = this.#connecting.size - this.#hanging(now);
    for (; this.#left > 0 && asked < URGENT_ATTEMPTS && this.#connecting.size < MAX_ATTEMPTS; asked++) {
      const one = this.#anyThatMay(now);
      if (one === undefined) break;
      this.#start(one);
      this.#left--;
    }
    if (this.#connecting.size === 0) this.#settle();
  }

  /** One at random of those that may be asked now. */
  #anyThatMay(now: number): Subchannel | undefined {
    const may = (one: Subchannel) => one.retryAt(true) <= now;
    let { items } = this.#waiting;
    for (let i = 0; i < RANDOM_SAMPLES && items.length > 0; i++) {
      const one = items[Math.floor(Math.random() * items.length)]!;
      if (may(one)) return one;
    }
    items = items.filter(may);
    return items[Math.floor(Math.random() * items.length)];
  }

  #wait(one: Subchannel, dueAt: number): void {
    one.dueAt = dueAt;
    this.#waiting.add(one);
  }

  #hanging(now: number): number {
    let count = 0;
    for (const since of this.#connecting.values()) if (now - since >= URGENT_ATTEMPT_MS) count++;
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
    this.#waiting.remove(one);
    this.#connecting.set(one, performance.now());
    const ready = await one.connect();
    this.#connecting.delete(one);
    if (this.#closed) return;
    if (ready) {
      this.#events.ready();
      this.#settle();
    } else if (!one.closed) this.#wait(one, one.retryAt(false));
    if (this.#round) this.#ask();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#asleep || this.#connecting.size >= MAX_ATTEMPTS) return;
    const now = performance.now();
    const { first } = this.#waiting;
    if (first === undefined) return;
    const next = Math.min(first.dueAt, this.#round ? now + URGENT_ATTEMPT_MS : Infinity);
    if (next >= this.#timerAt) return;
    this.#stopTimer?.();
    this.#timerAt = next;
    // A program that has nothing else to do may end.
    this.#stopTimer = outsideScopes(() => after(Math.max(0, next - now), () => this.#due(), false));
  }

  /** Whether no call has begun for long. */
  #isIdle(now: number): boolean {
    this.#lookAt = now + IDLE_CHECK_MS;
    const calls = this.#events.calls();
    if (calls !== this.#seen || this.#round) this.#usedAt = now;
    this.#seen = calls;
    return this.#asleep = now - this.#usedAt > IDLE_MS;
  }

  #due(): void {
    this.#timerAt = Infinity;
    const now = performance.now();
    if (now >= this.#lookAt && this.#isIdle(now)) return this.#events.idle();
    for (let { first } = this.#waiting; first !== undefined; { first } = this.#waiting) {
      if (first.dueAt >= now + 1 || this.#connecting.size >= MAX_ATTEMPTS) break;
      this.#start(first);
    }
    if (this.#round && this.#hanging(now) > 0) {
      this.#left = this.#waiting.items.length;
      this.#ask();
    }
    this.#schedule();
  }
}
