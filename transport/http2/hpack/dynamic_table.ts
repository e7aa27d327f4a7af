/** The octets that HTTP/2 counts for a field in addition to its name and value (RFC 7541, 4.1). */
export const FIELD_OVERHEAD_BYTES = 32;

/** The initial number of slots. Few connections need more. */
const MIN_SLOTS = 16;

/** Called with an entry that is evicted. */
export type OnDrop = (name: string, value: string) => void;

/**
 * The table that both ends of a connection keep identical (RFC 7541, 2.3.2). It is a ring in which a new entry evicts
 * the oldest ones.
 */
export class DynamicTable {
  /** The names. {@linkcode DynamicTable.slot} returns the index. */
  names: string[] = new Array<string>(MIN_SLOTS).fill("");
  /** The values. {@linkcode DynamicTable.slot} returns the index. */
  values: string[] = new Array<string>(MIN_SLOTS).fill("");
  /** How many entries have ever been added. */
  added = 0;
  /** Increases with each change. Results of a lookup are valid while it stays the same. */
  version = 0;

  #mask = MIN_SLOTS - 1;
  readonly #onDrop: OnDrop | undefined;
  #maxBytes: number;
  #bytes = 0;
  #length = 0;

  /**
   * Creates an empty table.
   *
   * @param maxBytes Its initial maximum size.
   * @param onDrop Called with each evicted entry.
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

  /** The maximum of {@linkcode DynamicTable.bytes}. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Returns the index of an entry. The newest entry has position 0. Returns -1 if there is no such entry. */
  slot(position: number): number {
    return position < this.#length ? this.added - 1 - position & this.#mask : -1;
  }

  /** Adds an entry. If it is larger than the table, the table becomes empty (RFC 7541, 4.4). */
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

  /** Changes the maximum size. */
  resize(maxBytes: number): void {
    this.version++;
    this.#maxBytes = maxBytes;
    this.#shrink(maxBytes);
  }

  /** Doubles the number of slots. As an entry counts at least 32 bytes, the maximum size limits it. */
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

  /** Evicts the oldest entries until the rest has at most `bytes`. */
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
