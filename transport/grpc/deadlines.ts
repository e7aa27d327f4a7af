import { LONGEST_TIMER } from "../limits.ts";

/** What can be late. The two links are {@linkcode Deadlines}' own. */
export interface Dated {
  /** When it is late, in milliseconds since 1970. */
  readonly deadline: number | undefined;
  earlier?: Dated;
  later?: Dated;
  /** It is late. */
  onLate(): void;
}

/**
 * The deadlines of a connection's calls, behind one timer: a timer of its own for each call would cost more than the call. They
 * stand in a list by their time. A new one is looked for a place from the end, where nearly all belong, as calls of a kind have the
 * same time to live. The timer stands for the first; a call that ends in time just leaves the list.
 */
export class Deadlines {
  #first: Dated | undefined;
  #last: Dated | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rings = Infinity;

  /** Adds what has a deadline. */
  add(one: Dated): void {
    const { deadline } = one;
    let before = this.#last;
    while (before !== undefined && before.deadline! > deadline!) before = before.earlier;
    const after = before === undefined ? this.#first : before.later;
    one.earlier = before;
    one.later = after;
    if (before === undefined) this.#first = one;
    else before.later = one;
    if (after === undefined) this.#last = one;
    else after.earlier = one;
    if (deadline! < this.#rings) this.#arm(deadline!);
  }

  /** Removes what has ended in time, if it is there. The timer stays: the next call needs it again, as like as not. */
  remove(one: Dated): void {
    const { earlier, later } = one;
    if (earlier === undefined && this.#first !== one) return;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    one.earlier = one.later = undefined;
  }

  /** Ends the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#first = this.#last = undefined;
    this.#rings = 0; // none is armed again
  }

  #arm(deadline: number): void {
    clearTimeout(this.#timer);
    this.#rings = deadline;
    const wait = Math.min(Math.max(Math.ceil(deadline - Date.now()), 0), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#ring(), wait);
  }

  #ring(): void {
    this.#rings = Infinity;
    const now = Date.now();
    for (let one = this.#first; one !== undefined && one.deadline! <= now; one = this.#first) {
      this.remove(one);
      one.onLate();
    }
    // Unless what was late has added an earlier one.
    if (this.#first !== undefined && this.#first.deadline! < this.#rings) this.#arm(this.#first.deadline!);
  }
}
