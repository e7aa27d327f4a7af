import { RpcError } from "../../../rpc/error.ts";
import { Heap, type Heaped } from "../../../base/collections/heap.ts";
import { outsideScopes } from "../../../base/outside_scopes.ts";
import { Status } from "../../../rpc/status.ts";
import { after } from "../../../base/time.ts";

/**
 * Something with a deadline. Only the deadline and `onLate` belong to it; {@linkcode Deadlines} owns the other fields.
 */
export interface Dated extends Heaped {
  /** The deadline, in milliseconds of `performance.now()`. */
  readonly deadline: number | undefined;
  earlier?: Dated;
  later?: Dated;
  /** Called when the deadline has passed. */
  onLate(): void;
}

/** The maximum number of deadlines that are handled in one turn of the event loop. */
const MAX_EXPIRED_PER_TURN = 1000;

/** The error of a call whose deadline has passed. */
export const late = (): RpcError => new RpcError(Status.DEADLINE_EXCEEDED, "the deadline passed");

/**
 * Returns whether a code may be the answer of a handler that its server cancelled at the deadline: Kitex answers
 * INTERNAL. It may arrive before the timer here fires.
 */
export const isCutShort = (code: Status): boolean =>
  code === Status.CANCELLED || code === Status.UNKNOWN || code === Status.INTERNAL;

/** Returns whether a deadline has passed, even if its timer has not fired yet. */
export const isPast = (deadline: number | undefined): boolean =>
  deadline !== undefined && deadline <= performance.now();

/**
 * The deadlines of a connection's calls, with one timer: a timer for each call would cost more than the call.
 *
 * Most deadlines are added in ascending order, as calls of a kind have the same timeout. Those form a list. A deadline
 * earlier than the list's last one goes into a heap. The timer is set for the earliest deadline. A call that ends in
 * time is only removed.
 */
export class Deadlines {
  #first: Dated | undefined;
  #last: Dated | undefined;
  readonly #heap = new Heap<Dated>(({ deadline }) => deadline!);
  #stopTimer: (() => void) | undefined;
  #rings = Infinity;

  /** Adds an item with a deadline. */
  add(item: Dated): void {
    const deadline = item.deadline!;
    const last = this.#last;
    if (last !== undefined && deadline < last.deadline!) this.#heap.add(item);
    else {
      item.earlier = last;
      if (last === undefined) this.#first = item;
      else last.later = item;
      this.#last = item;
    }
    if (deadline < this.#rings) this.#arm(deadline);
  }

  /**
   * Removes an item that ended in time, if it is present. The timer keeps running, as the next call will probably need
   * it.
   */
  remove(item: Dated): void {
    if (item.place !== undefined) return this.#heap.remove(item);
    const { earlier, later } = item;
    if (earlier === undefined && this.#first !== item) return;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    item.earlier = item.later = undefined;
  }

  /** Stops the timer when no call is left. The next call starts it again. */
  rest(): void {
    this.#stopTimer?.();
    this.#rings = Infinity;
  }

  /** Stops the timer for good. */
  close(): void {
    this.#stopTimer?.();
    this.#first = this.#last = undefined;
    this.#heap.clear();
    this.#rings = 0; // so that no timer is set again
  }

  /** The item with the earliest deadline. */
  get #next(): Dated | undefined {
    const { first: top } = this.#heap;
    const first = this.#first;
    return first === undefined || top !== undefined && top.deadline! < first.deadline! ? top : first;
  }

  #arm(deadline: number): void {
    this.#stopTimer?.();
    this.#rings = deadline;
    const wait = Math.max(Math.ceil(deadline - performance.now()), 0);
    // The timer fires for calls from other async scopes too.
    this.#stopTimer = outsideScopes(() => after(wait, () => this.#ring()));
  }

  #ring(): void {
    this.#rings = Infinity;
    const now = performance.now();
    let next = this.#next;
    for (let n = 0; n < MAX_EXPIRED_PER_TURN && next !== undefined && next.deadline! <= now; n++) {
      this.remove(next);
      next.onLate();
      next = this.#next;
    }
    // Unless an item that was late has added an earlier deadline.
    if (next !== undefined && next.deadline! < this.#rings) this.#arm(next.deadline!);
  }
}
