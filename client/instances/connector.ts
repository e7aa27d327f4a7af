import { inBackground } from "../../base/background.ts";
import { Heap } from "../../base/collections/heap.ts";
import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { after } from "../../base/time.ts";
import type { Subchannel } from "./subchannel.ts";

/**
 * While other instances are ready, a new instance is connected to at a random moment within this time. Many clients
 * learn of it at the same moment, and must not connect together.
 */
export const NEW_INSTANCE_SPREAD_MS = 120;
/** An instance whose connection was lost, or that the registry lists again, is connected to within this time. */
export const RECONNECT_SPREAD_MS = 1000;
/** The number of concurrent attempts while no instance is ready. */
const URGENT_ATTEMPTS = 3;
/** An attempt that takes longer counts as hanging: another instance is tried beside it. */
const URGENT_ATTEMPT_MS = 300;
/** The maximum number of concurrent attempts. */
const MAX_ATTEMPTS = 20;
/** How many instances are drawn at random before all are searched for one whose backoff is over. */
const RANDOM_SAMPLES = 5;
/** After this time without a call, lost connections are not restored before the next call. */
const IDLE_MS = 60_000;
/** How often the connector checks whether calls have started: the check looks at each instance. */
const IDLE_CHECK_MS = 1000;

/** The callbacks from the connector to its pool. */
export interface ConnectorEvents {
  /** An instance has become ready. */
  ready(): void;
  /** How many calls have started so far. */
  calls(): number;
  /** No call has started for a while. The next call must {@linkcode Connector.wake} the connector. */
  idle(): void;
}

/**
 * Connects to the instances of a pool. While a call waits and no instance is ready, it connects to a few at once.
 * Otherwise it connects to each at a random moment, so that many clients do not reach an instance together. An instance
 * that could not be reached is tried again after its backoff.
 */
export class Connector {
  readonly #events: ConnectorEvents;
  readonly #logger: Logger;
  /**
   * Instances that wait for their next attempt. A registry may list thousands, so frequent work must not look at all of
   * them.
   */
  readonly #waiting = new Heap<Subchannel>(({ dueAt }) => dueAt);
  /** Instances whose attempt is under way, with the time of its start. */
  readonly #connecting = new Map<Subchannel, number>();
  #stopTimer: (() => void) | undefined;
  #timerAt = Infinity;
  /**
   * The search for a ready instance, while a call waits. It resolves when an instance is ready, or when none can be
   * reached now.
   */
  #search: PromiseWithResolvers<void> | undefined;
  /** How many attempts the search may still start: one for each instance. While an attempt hangs it starts again. */
  #searchAttempts = 0;
  /** How many calls had started at the last check. */
  #callsSeen = 0;
  #usedAt = performance.now();
  #idleCheckAt = 0;
  #asleep = false;
  #closed = false;

  constructor(events: ConnectorEvents, logger: Logger) {
    this.#events = events;
    this.#logger = logger;
  }

  /** Whether an attempt to connect to an instance is under way. */
  connecting(subchannel: Subchannel): boolean {
    return this.#connecting.has(subchannel);
  }

  /**
   * Adds instances that are new or have lost their connection. Each is connected to when it is due, or at once if a
   * call waits.
   */
  add(...subchannels: readonly Subchannel[]): void {
    const now = performance.now();
    for (const subchannel of subchannels) {
      const spread = subchannel.lastError ? RECONNECT_SPREAD_MS : NEW_INSTANCE_SPREAD_MS;
      this.#wait(subchannel, now + Math.random() * spread);
    }
    if (this.#search) {
      this.#searchAttempts += subchannels.length;
      this.#connectUrgently();
    }
    this.#schedule();
  }

  /** Removes an instance that has left the list. */
  remove(subchannel: Subchannel): void {
    this.#waiting.remove(subchannel);
  }

  /** Ends all backoffs: the registry has confirmed the instances. */
  forgive(): void {
    const now = performance.now();
    for (const subchannel of this.#waiting.items) {
      subchannel.forgive();
      subchannel.dueAt = Math.min(subchannel.dueAt, now + Math.random() * RECONNECT_SPREAD_MS);
    }
    this.#waiting.reorder();
    this.#schedule();
  }

  /** Resumes after an idle period, because a call has started. */
  wake(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#usedAt = performance.now();
    this.#schedule();
  }

  /**
   * Searches for an instance for a call while none is ready.
   *
   * @returns Resolves when an instance is ready, or when none can be reached now; undefined if it is already known that
   * none can be reached.
   */
  search(): Promise<void> | undefined {
    if (this.#search) return this.#search.promise;
    this.#search = Promise.withResolvers();
    this.#searchAttempts = this.#waiting.items.length;
    const { promise } = this.#search;
    this.#connectUrgently();
    this.#schedule();
    return this.#search && promise;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#stopTimer?.();
    this.#endSearch();
  }

  /** Starts attempts for the search. Ends the search if there is nothing to wait for. */
  #connectUrgently(): void {
    const now = performance.now();
    let running = this.#connecting.size - this.#hanging(now);
    while (this.#searchAttempts > 0 && running < URGENT_ATTEMPTS && this.#connecting.size < MAX_ATTEMPTS) {
      const subchannel = this.#draw(now);
      if (subchannel === undefined) break;
      this.#start(subchannel);
      this.#searchAttempts--;
      running++;
    }
    if (this.#connecting.size === 0) this.#endSearch();
  }

  /** A random instance whose backoff is over. */
  #draw(now: number): Subchannel | undefined {
    const isDue = (subchannel: Subchannel) => subchannel.retryAt(true) <= now;
    let { items } = this.#waiting;
    for (let i = 0; i < RANDOM_SAMPLES && items.length > 0; i++) {
      const subchannel = items[Math.floor(Math.random() * items.length)]!;
      if (isDue(subchannel)) return subchannel;
    }
    items = items.filter(isDue);
    return items[Math.floor(Math.random() * items.length)];
  }

  #wait(subchannel: Subchannel, dueAt: number): void {
    subchannel.dueAt = dueAt;
    this.#waiting.add(subchannel);
  }

  /** How many attempts hang. */
  #hanging(now: number): number {
    let count = 0;
    for (const since of this.#connecting.values()) if (now - since >= URGENT_ATTEMPT_MS) count++;
    return count;
  }

  #endSearch(): void {
    this.#search?.resolve();
    this.#search = undefined;
  }

  #start(subchannel: Subchannel): void {
    const task = `the connection to ${subchannel.instance.address}`;
    inBackground(task, this.#logger, () => this.#connect(subchannel));
  }

  async #connect(subchannel: Subchannel): Promise<void> {
    this.#waiting.remove(subchannel);
    this.#connecting.set(subchannel, performance.now());
    const ready = await subchannel.connect();
    this.#connecting.delete(subchannel);
    if (this.#closed) return;
    if (ready) {
      this.#events.ready();
      this.#endSearch();
    } else if (!subchannel.closed) this.#wait(subchannel, subchannel.retryAt(false));
    if (this.#search) this.#connectUrgently();
    this.#schedule();
  }

  /** Sets the timer for the next instance that is due, or for the next check of attempts that hang. */
  #schedule(): void {
    if (this.#closed || this.#asleep || this.#connecting.size >= MAX_ATTEMPTS) return;
    const now = performance.now();
    const { first } = this.#waiting;
    if (first === undefined) return;
    const next = Math.min(first.dueAt, this.#search ? now + URGENT_ATTEMPT_MS : Infinity);
    if (next >= this.#timerAt) return;
    this.#stopTimer?.();
    this.#timerAt = next;
    // The timer does not keep the process alive.
    this.#stopTimer = outsideScopes(() => after(Math.max(0, next - now), () => this.#due(), false));
  }

  /** Whether no call has started for {@linkcode IDLE_MS}. */
  #isIdle(now: number): boolean {
    this.#idleCheckAt = now + IDLE_CHECK_MS;
    const calls = this.#events.calls();
    if (calls !== this.#callsSeen || this.#search) this.#usedAt = now;
    this.#callsSeen = calls;
    return this.#asleep = now - this.#usedAt > IDLE_MS;
  }

  #due(): void {
    this.#timerAt = Infinity;
    const now = performance.now();
    if (now >= this.#idleCheckAt && this.#isIdle(now)) return this.#events.idle();
    for (let { first } = this.#waiting; first !== undefined; { first } = this.#waiting) {
      if (first.dueAt >= now + 1 || this.#connecting.size >= MAX_ATTEMPTS) break;
      this.#start(first);
    }
    if (this.#search && this.#hanging(now) > 0) {
      this.#searchAttempts = this.#waiting.items.length;
      this.#connectUrgently();
    }
    this.#schedule();
  }
}
