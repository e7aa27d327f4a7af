/** What HTTP/2 counts for a field beside its octets (RFC 7541, 4.1). */
export const FIELD_OVERHEAD_BYTES = 32;

/** The entries that there is room for at first: few connections have more. */
const MIN_SLOTS = 16;

/** Told of an entry that leaves the table. */
export type OnDrop = (name: string, value: string) => void;

/**
 * The table that both ends of a connection keep alike (RFC 7541, 2.3.2): a ring, where a new entry pushes out the
 * oldest ones.
 */
export class DynamicTable {
  /** The names, by {@linkcode DynamicTable.slot}. */
  names: string[] = new Array<string>(MIN_SLOTS).fill("");
  /** The values, by {@linkcode DynamicTable.slot}. */
  values: string[] = new Array<string>(MIN_SLOTS).fill("");
  /** How many entries have ever been added. */
  added = 0;
  /** Grows with each change: what was looked up at the same version is still so. */
  version = 0;

  #mask = MIN_SLOTS - 1;
  readonly #onDrop: OnDrop | undefined;
  #maxBytes: number;
  #bytes = 0;
  #length = 0;

  /**
   * Makes an empty table.
   *
   * @param maxBytes Its size at first.
   * @param onDrop Is told of entries that leave.
   */
  constructor(maxBytes: number, onDrop?: OnDrop) {
    this.#maxBytes = maxBytes;
    this.#onDrop = onDrop;
  }

  /** The number of entries. */
  get length(): number {
    return this.#length;
  }

  /** The size of the entries, as HPACK counts it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most of {@linkcode DynamicTable.bytes}. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Where an entry is: the newest has position 0. It is -1 if there is no such entry. */
  slot(position: number): number {
    return position < this.#length ? this.added - 1 - position & this.#mask : -1;
  }

  /** Adds an entry. One that is too large for the table leaves it empty, as RFC 7541, 4.4, says. */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + FIELD_OVERHEAD_BYTES;
    this.version++;
    this.#shrink(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    if (this.#length === this.names.length) this.#grow();
    const slot = this.added++ & this.#mask;
    this.names[slot] = name;
    this.values[slot] = value;
    this.#bytes += bytes;
    this.#length++;
  }

  /** Changes the most that it may hold. */
  resize(maxBytes: number): void {
    this.version++;
    this.#maxBytes = maxBytes;
    this.#shrink(maxBytes);
  }

  /** Twice the room. As an entry counts 32 bytes at the least, the largest size of the table bounds it. */
  #grow(): void {
    const slots = this.names.length * 2;
    const names = new Array<string>(slots).fill(""), values = new Array<string>(slots).fill("");
    for (let at = this.added - this.#length; at < this.added; at++) {
      names[at & slots - 1] = this.names[at & this.#mask]!;
      values[at & slots - 1] = this.values[at & this.#mask]!;
    }
    this.names = names;
    this.values = values;
    this.#mask = slots - 1;
  }

  /** Drops the oldest entries until the others are no more than that. */
  #shrink(bytes: number): void {
    while (this.#bytes > bytes && this.#length > 0) {
      const slot = this.added - this.#length & this.#mask;
      const name = this.names[slot]!;
      const value = this.values[slot]!;
      this.names[slot] = this.values[slot] = ""; // or dropped texts would be kept until the ring comes round
      this.#length--;
      this.#bytes -= name.length + value.length + FIELD_OVERHEAD_BYTES;
      this.#onDrop?.(name, value);
    }
  }
}
