import type { Stream } from "./stream.ts";

/** The minimum number of slots, a power of two. */
const MIN_SLOTS = 16;
/** A secret of this process: a peer chooses the identifiers, and could otherwise choose some that collide. */
const SEED = crypto.getRandomValues(new Int32Array(1))[0]!;

/** Returns the hash of an identifier: the finalizer of MurmurHash3. */
function hashOf(id: number): number {
  const half = Math.imul(id ^ SEED, 0x85ebca6b);
  const whole = Math.imul(half ^ half >>> 13, 0xc2b2ae35);
  return whole ^ whole >>> 16;
}

/**
 * The open streams of a connection, by identifier. It is a plain array with linear probing. A `Map` with frequent
 * insertions and deletions has a flaw: V8 links its old tables to the new ones, so short-lived streams survive into the
 * old generation together with everything that they reference (measured: 40 % of a server's time was garbage
 * collection).
 */
export class StreamTable {
  /** The number of streams. */
  size = 0;
  #slots: (Stream | undefined)[] = new Array(MIN_SLOTS).fill(undefined);
  #mask = MIN_SLOTS - 1;

  /** Returns the stream with an identifier. */
  get(id: number): Stream | undefined {
    for (let at = hashOf(id) & this.#mask;; at = at + 1 & this.#mask) {
      const stream = this.#slots[at];
      if (stream === undefined || stream.id === id) return stream;
    }
  }

  /** Adds a stream, whose identifier must not be present. */
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
    // The streams behind it move up, unless that would be before their own slot. So no slot needs a mark for deletion.
    for (let next = at + 1 & mask; slots[next] !== undefined; next = next + 1 & mask) {
      const own = hashOf(slots[next]!.id) & mask;
      if ((next - own & mask) < (next - at & mask)) continue;
      slots[at] = slots[next];
      at = next;
    }
    slots[at] = undefined;
  }

  /** Returns a copy of the streams, ordered by identifier: the oldest first. */
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
