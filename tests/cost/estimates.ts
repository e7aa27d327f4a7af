/**
 * Says what messages take of the heap, and by the codec's estimate: a line of JSON for each kind.
 *
 * @module
 */

import { COSTLY, messageOf } from "./messages.ts";

declare const gc: () => void;

/** The heap and what belongs to it, in bytes. */
function memory(): number {
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

for (const costly of COSTLY) {
  const bytes = messageOf(costly, 65_536);
  const budget = { limit: 64 * 1024 * 1024, used: 0 };
  try {
    // The first makes what the type needs.
    costly.type.decode(bytes, budget);
  } catch {
    continue; // it takes nothing
  }
  if (budget.used < 8 * bytes.length) continue;
  const before = memory();
  const message = costly.type.decode(bytes, budget);
  const taken = memory() - before;
  if (message) console.log(JSON.stringify({ name: costly.name, bytes: bytes.length, taken, estimate: budget.used }));
}
console.log("done");
