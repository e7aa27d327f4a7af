import type { Stream } from "./stream.ts";

/** The least places, a power of two. */
const MIN_SLOTS = 16;
/** Known to this process only: a peer chooses the identifiers, and may choose those that have the same place. */
const SEED = crypto.getRandomValues(new Int32Array(1))[0]!;

/** The place of an identifier, before it is cut to the size of a table: the finalizer of MurmurHash3. */
function hashOf(id: number): number {
  const half = Math.imul(id ^ SEED, 0x85ebca6b);
  const whole = Math.imul(half ^ half >>> 13, 0xc2b2ae35);
  return whole ^ whole >>> 16;
}

/**
 * The open streams of a connection, by identifier. A `Map` in which entries come and go has one flaw: V8 chains its old
 * tables to the new ones, so that short-lived streams, and all that hangs on them, survive into the old generation
 * (measured: 40 % of a server's time in the garbage collector). This is a plain array with linear probing.
 */
export class StreamTable {
  /** How many there are. */
  size = 0;
  #slots: (Stream | undefined)[] = new Array(MIN_SLOTS).fill(undefined);
  #mask = MIN_SLOTS - 1;

  /** The stream of an identifier. */
  get(id: number): Stream | undefined {
    for (let at = hashOf(id) & this.#mask;; at = at + 1 & this.#mask) {
      const stream = this.#slots[at];
      if (stream === undefined || stream.id === id) return stream;
    }
  }

  /** Adds a stream, whose identifier is not there. */
  add(stream: Stream): void {
    if (++this.size * 2 > this.#slots.length) this.#grow();
    this.#put(stream);
  }

  /** Removes a stream. */
  delete(stream: Stream): void {
    const slots = this.#slots, mask = this.#mask;
    let at = hashOf(stream.id) & mask;
    while (slots[at] !== stream) {
      if (slots[at] === undefined) return;
      at = at + 1 & mask;
    }
    this.size--;
    // What stands behind it moves up, unless it is before its own place then: so no place needs to be marked as
    // deleted.
    for (let next = at + 1 & mask; slots[next] !== undefined; next = next + 1 & mask) {
      const own = hashOf(slots[next]!.id) & mask;
      if ((next - own & mask) < (next - at & mask)) continue;
      slots[at] = slots[next];
      at = next;
    }
    slots[at] = undefined;
  }

  /** A copy of what is there, by identifier: the oldest first. */
  values(): Stream[] {
    return this.#slots.filter((stream) => stream !== undefined).sort((a, b) => a.id - b.id);
  }

  #grow(): void {
    const all = this.values();
    this.#mask = this.#slots.length * 2 - 1;
    this.#slots = new Array(this.#mask + 1).fill(undefined);
    for (const stream of all) this.#put(stream);
  }

  #put(stream: Stream): void {
    let at = hashOf(stream.id) & this.#mask;
    while (this.#slots[at] !== undefined) at = at + 1 & this.#mask;
    this.#slots[at] = stream;
  }
}
