import { RpcError } from "../../rpc/error.ts";
import { Heap, type Heaped } from "../../base/heap.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { Status } from "../../rpc/status.ts";
import { after } from "../../base/time.ts";

/** What can be late. All but the deadline and `onLate` are {@linkcode Deadlines}' own. */
export interface Dated extends Heaped {
  /** When it is late, in milliseconds of `performance.now()`. */
  readonly deadline: number | undefined;
  earlier?: Dated;
  later?: Dated;
  /** It is late. */
  onLate(): void;
}

/** How many may be late in one turn of the event loop. */
const MAX_EXPIRED_PER_TURN = 1000;

/** The error of a call whose deadline has passed. */
export const late = (): RpcError => new RpcError(Status.DEADLINE_EXCEEDED, "the deadline passed");

/** Whether a deadline has passed, though its timer may not have rung yet. */
export const isPast = (deadline: number | undefined): boolean =>
  deadline !== undefined && deadline <= performance.now();

/**
 * The deadlines of a connection's calls, behind one timer: a timer of its own for each call would cost more than the
 * call. Nearly all come in the order of their time, as calls of a kind have the same time to live: they stand in a
 * list, to which one is added behind the last. Those that are earlier than the last stand in a heap. The timer rings
 * for the first; a call that ends in time just leaves.
 */
export class Deadlines {
  #first: Dated | undefined;
  #last: Dated | undefined;
  readonly #heap = new Heap<Dated>(({ deadline }) => deadline!);
  #stopTimer: (() => void) | undefined;
  #rings = Infinity;

  /** Adds what has a deadline. */
  add(one: Dated): void {
    const deadline = one.deadline!;
    const last = this.#last;
    if (last !== undefined && deadline < last.deadline!) this.#heap.add(one);
    else {
      one.earlier = last;
      if (last === undefined) this.#first = one;
      else last.later = one;
      this.#last = one;
    }
    if (deadline < this.#rings) this.#arm(deadline);
  }

  /** Removes what has ended in time, if it is there. The timer stays: the next call needs it again, as like as not. */
  remove(one: Dated): void {
    if (one.place !== undefined) return this.#heap.remove(one);
    const { earlier, later } = one;
    if (earlier === undefined && this.#first !== one) return;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    one.earlier = one.later = undefined;
  }

  /** Stops the timer, which may ring for a call that has ended: there is none now. The next call starts it again. */
  rest(): void {
    this.#stopTimer?.();
    this.#rings = Infinity;
  }

  /** Ends the timer. */
  close(): void {
    this.#stopTimer?.();
    this.#first = this.#last = undefined;
    this.#heap.clear();
    this.#rings = 0; // none is armed again
  }

  /** The one that is late first. */
  get #next(): Dated | undefined {
    const { first: top } = this.#heap;
    const first = this.#first;
    return first === undefined || top !== undefined && top.deadline! < first.deadline! ? top : first;
  }

  #arm(deadline: number): void {
    this.#stopTimer?.();
    this.#rings = deadline;
    const wait = Math.max(Math.ceil(deadline - performance.now()), 0);
    // It rings for the calls of others too.
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
    // Unless what was late has added an earlier one.
    if (next !== undefined && next.deadline! < this.#rings) this.#arm(next.deadline!);
  }
}
