/**
 * Finds what costs more than in proportion to the bytes of a message: a line for each. Time is that of the processor,
 * which other programs do not take away.
 *
 * @module
 */

import process from "node:process";
import type { JsonValue } from "../../rpc/json.ts";
import { COSTLY, type Costly, messageOf } from "./messages.ts";

/** The bytes of the smaller message; the larger one has eight times as many. */
const BYTES = 4096;
const TIMES = 8;
/** How many times longer that may take. */
const MAX_RATIO = 20;
/**
 * How long decoding may take, in nanoseconds a byte: twice what the slowest kind takes on a machine with nothing else
 * to do.
 */
const MAX_NS_PER_BYTE = 300;

/** What is done with a message, by its bytes. */
const WORK: Readonly<Record<string, (costly: Costly, bytes: Uint8Array) => () => unknown>> = {
  decode: ({ type }, bytes) => () => type.decode(bytes),
  encode: ({ type }, bytes) => {
    const message = type.decode(bytes);
    return () => type.encode(message as never);
  },
  toJson: ({ type }, bytes) => {
    const message = type.decode(bytes);
    return () => type.toJson(message as never);
  },
  fromJson: ({ type }, bytes) => {
    const json = type.toJson(type.decode(bytes) as never) as JsonValue;
    return () => type.fromJson(json);
  },
};

/** The least milliseconds of five runs. What is refused takes time as well. */
function least(work: () => unknown, sofar: number): number {
  let least = sofar;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    try {
      work();
    } catch {
      // it is refused
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** What cannot be done with a message, such as JSON of a Value without a kind, is left out. */
function prepared(make: () => () => unknown): () => unknown {
  try {
    return make();
  } catch {
    return () => {};
  }
}

for (const costly of COSTLY) {
  // Most of their time is that of V8's collector, by the memory that they take: that is limited instead.
  if (costly.name.startsWith("100 fields")) continue;
  for (const [what, make] of Object.entries(WORK)) {
    const [small, large] = [BYTES, BYTES * TIMES].map((bytes) =>
      prepared(() => make(costly, messageOf(costly, bytes)))
    );
    let [one, many] = [Infinity, Infinity];
    // V8 compiles what is slow at first; and of a busy machine the least counts.
    for (let attempt = 0; attempt < 4; attempt++) {
      one = least(small!, one);
      many = least(large!, many);
      const isSlow = what === "decode" && many * 1e6 > MAX_NS_PER_BYTE * BYTES * TIMES;
      if (!isSlow && many <= MAX_RATIO * Math.max(one, 0.02)) break;
      if (attempt === 3) {
        console.log(`${what} of ${costly.name}: ${one} ms for ${BYTES} bytes, ${many} ms for ${TIMES} times as many`);
      }
    }
  }
}
console.log("done");
