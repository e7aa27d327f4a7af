import type { BalancerInUse, Candidate } from "./balancer.ts";
import { random } from "./random.ts";

/** When an instance is due next, in rounds: one of weight 2 is due twice a round. */
interface Turn {
  readonly candidate: Candidate;
  due: number;
}

/**
 * Each instance in turn, those of a greater weight more often, and spread over the round: with weights 1 and 3 never
 * all three at once. With equal weights it is plain round robin. Each client begins at random and has an order of its
 * own, so that many clients that make few calls do not all make them to the same instance. It is the default. A pick
 * takes O(log n).
 *
 * @param chance Gives numbers from 0 to below 1; one that repeats itself makes tests repeatable.
 */
export function weightedRoundRobin(chance: () => number = Math.random): BalancerInUse {
  /** Those that are away keep their turn, as one does that a retry avoids. */
  const known = new WeakMap<Candidate, Turn>();
  let list: readonly Candidate[] | undefined;
  /** A heap: the first is due next. */
  let turns: Turn[] = [];
  let now = 0;

  function changed(candidates: readonly Candidate[]): void {
    // Turns at random alone would make a heavy instance the first of a client more often than its weight says.
    const first = list === undefined ? random(chance).pick(candidates, {}) : undefined;
    list = candidates;
    turns = candidates.map((candidate) => {
      let turn = known.get(candidate);
      if (turn === undefined) known.set(candidate, turn = { candidate, due: -1 });
      const round = 1 / candidate.weight;
      // One that is new, or was away, is not due at once: it would be so for all clients.
      if (turn.due < now) turn.due = candidate === first ? now : now + chance() * round;
      turn.due = Math.min(turn.due, now + round);
      return turn;
    });
    for (let at = turns.length >> 1; at >= 0; at--) sink(turns, at);
  }

  return {
    takesTurns: true,
    pick<T extends Candidate>(candidates: readonly T[]): T {
      if (candidates !== list) changed(candidates);
      const turn = turns[0]!;
      now = turn.due;
      turn.due += 1 / turn.candidate.weight;
      sink(turns, 0);
      return turn.candidate as T;
    },
  };
}

/** Moves the turn at an index down the heap until none below it is due before. */
function sink(heap: Turn[], at: number): void {
  const turn = heap[at]!;
  for (;;) {
    let next = 2 * at + 1;
    if (next >= heap.length) break;
    if (next + 1 < heap.length && heap[next + 1]!.due < heap[next]!.due) next++;
    if (heap[next]!.due >= turn.due) break;
    heap[at] = heap[next]!;
    at = next;
  }
  heap[at] = turn;
}
