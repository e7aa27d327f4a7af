import type { BalancerInUse, Candidate } from "./balancer.ts";
import { random } from "./random.ts";

/** When an instance is due next, in rounds: one of weight 2 is due twice a round. */
interface Turn {
  readonly candidate: Candidate;
  due: number;
}

/**
 * Picks each instance in turn, heavier ones more often. The turns of an instance are spread over the round: with
 * weights 1 and 3 the three do not follow each other. With equal weights it is plain round-robin.
 *
 * Each client starts at random and has its own order, so that many clients with few calls do not all call the same
 * instance. It is the default. A pick takes O(log n).
 *
 * @param chance Returns numbers from 0 to below 1. A seeded one makes tests repeatable.
 */
export function weightedRoundRobin(chance: () => number = Math.random): BalancerInUse {
  /** Instances that leave the list for a moment keep their turn. */
  const known = new WeakMap<Candidate, Turn>();
  let list: readonly Candidate[] | undefined;
  /** A heap: the first turn is due next. */
  let turns: Turn[] = [];
  let now = 0;

  function changed(candidates: readonly Candidate[]): void {
    // Random turns alone would make a heavy instance the first one of a client more often than its weight says.
    const first = list === undefined ? random(chance).pick(candidates, {}) : undefined;
    list = candidates;
    turns = candidates.map((candidate) => {
      let turn = known.get(candidate);
      if (turn === undefined) known.set(candidate, turn = { candidate, due: -1 });
      const round = 1 / candidate.weight;
      // A new instance is not due at once: it would be due for all clients together.
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
