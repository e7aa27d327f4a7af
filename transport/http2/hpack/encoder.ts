import { DynamicTable, FIELD_OVERHEAD_BYTES } from "./dynamic_table.ts";
import { EncoderIndex, type Name } from "./encoder_index.ts";
import type { FieldList } from "./field_list.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { INCREMENTAL_BITS, NEVER_BITS, WITHOUT_BITS } from "./indexing.ts";
import { writeInteger } from "./integer.ts";
import { writeText } from "./octets.ts";
import { FIRST_DYNAMIC_INDEX } from "./static_table.ts";

/** The SETTINGS_HEADER_TABLE_SIZE of a peer that announces none (RFC 7540, 6.5.2). */
const DEFAULT_TABLE_BYTES = 4096;

/** The shortest text that is Huffman-coded. A shorter one saves one octet at most. */
const MIN_HUFFMAN_CHARACTERS = 5;

/** The maximum size of an integer, in octets, and so of the prefix of a text. */
const INTEGER_BYTES = 6;

/** The longest block that is cached, in octets, and the number of cached blocks. */
const REMEMBERED_BYTES = 64;
const REMEMBERED_BLOCKS = 4;

/** A block that changed no table. Its encoding is valid while the table is unchanged. */
class KnownBlock {
  readonly octets = new Uint8Array(REMEMBERED_BYTES);
  length = 0;
  version = -1;
  fields: FieldList = [];
}

/** Encodes the header blocks of one connection, in their order. */
export class HpackEncoder {
  readonly #maxTableBytes: number;
  readonly #table: DynamicTable;
  readonly #index = new EncoderIndex();
  /** The pending table size, and the lowest one requested before it. The next block announces both to the peer. */
  #nextBytes: number;
  #lowestBytes: number;
  readonly #known: KnownBlock[] = [];
  #oldest = 0;

  /**
   * Creates an encoder for a new connection.
   *
   * @param maxTableBytes The largest table that is used, even if the peer allows a larger one.
   */
  constructor(maxTableBytes: number = DEFAULT_TABLE_BYTES) {
    this.#maxTableBytes = maxTableBytes;
    this.#table = new DynamicTable(
      Math.max(maxTableBytes, DEFAULT_TABLE_BYTES),
      (name, value) => this.#index.drop(name, value),
    );
    this.#table.resize(DEFAULT_TABLE_BYTES);
    this.#nextBytes = this.#lowestBytes = Math.min(maxTableBytes, DEFAULT_TABLE_BYTES);
  }

  /**
   * Applies the peer's SETTINGS_HEADER_TABLE_SIZE. The next block begins with the resulting size updates.
   *
   * @param bytes The maximum that the peer allows.
   */
  setPeerTableBytes(bytes: number): void {
    this.#nextBytes = Math.min(bytes, this.#maxTableBytes);
    this.#lowestBytes = Math.min(this.#lowestBytes, this.#nextBytes);
  }

  /** Returns an upper bound of the encoded size of the fields, including size updates. */
  bound(fields: FieldList): number {
    let most = 2 * INTEGER_BYTES;
    for (let i = 0; i < fields.length; i++) most += fields[i]!.length + INTEGER_BYTES + 1;
    return most;
  }

  /**
   * Encodes fields into `buf` from `offset` on. The buffer needs room for {@linkcode HpackEncoder.bound}. For the same
   * array as before, it only copies the cached octets, so callers should reuse arrays of frequent fields.
   *
   * @returns The offset after the octets.
   */
  encode(fields: FieldList, buf: Uint8Array, offset: number): number {
    let at = this.#writeSizeUpdates(buf, offset);
    const version = this.#table.version;
    for (const known of this.#known) {
      if (known.fields !== fields || known.version !== version) continue;
      for (let i = 0; i < known.length; i++) buf[at++] = known.octets[i]!;
      return at;
    }
    const start = at;
    for (let i = 0; i < fields.length; i += 2) at = this.#writeField(fields[i]!, fields[i + 1]!, buf, at);
    if (this.#table.version === version) this.#remember(fields, buf, start, at);
    return at;
  }

  #writeSizeUpdates(buf: Uint8Array, offset: number): number {
    const next = this.#nextBytes;
    if (this.#table.maxBytes === next && this.#lowestBytes === next) return offset;
    // The lowest size has already made the peer evict entries (RFC 7541, 4.2).
    if (this.#lowestBytes < next) offset = this.#resize(this.#lowestBytes, buf, offset);
    this.#lowestBytes = next;
    return this.#resize(next, buf, offset);
  }

  #resize(bytes: number, buf: Uint8Array, offset: number): number {
    if (this.#table.maxBytes === bytes) return offset;
    this.#table.resize(bytes);
    return writeInteger(bytes, 0x20, 0x1f, buf, offset);
  }

  #writeField(name: string, value: string, buf: Uint8Array, offset: number): number {
    const known = this.#index.find(name);
    const entry = known?.values.get(value);
    if (entry === undefined) return this.#writeLiteral(known, name, value, buf, offset);
    return writeInteger(this.#wireIndex(entry), 0x80, 0x7f, buf, offset);
  }

  #writeLiteral(known: Name | undefined, name: string, value: string, buf: Uint8Array, offset: number): number {
    const nameIndex = known === undefined || known.entry === 0 ? 0 : this.#wireIndex(known.entry);
    const wanted = known?.indexing ?? INCREMENTAL_BITS;
    // A name that is in no table is worth an entry, whatever its value: later fields refer to the name.
    const adds = (wanted === INCREMENTAL_BITS || wanted === WITHOUT_BITS && nameIndex === 0) &&
      name.length + value.length + FIELD_OVERHEAD_BYTES <= this.#table.maxBytes / 4;
    let at = adds
      ? writeInteger(nameIndex, INCREMENTAL_BITS, 0x3f, buf, offset)
      : writeInteger(nameIndex, wanted === NEVER_BITS ? NEVER_BITS : WITHOUT_BITS, 0x0f, buf, offset);
    // Huffman coding costs both ends together about 5 ns per octet (bench/hpack_bench.ts) and saves a quarter of an
    // octet. That pays off on links below about 400 Mbit/s, or for fields that are sent only once.
    const write = adds ? writeShortest : writePlain;
    if (nameIndex === 0) at = write(name, buf, at);
    at = write(value, buf, at);
    if (adds) {
      this.#table.add(name, value);
      this.#index.add(name, value, FIRST_DYNAMIC_INDEX - 1 + this.#table.added);
    }
    return at;
  }

  /** Returns the current index of an entry. The newest entry has the lowest index of the dynamic table. */
  #wireIndex(entry: number): number {
    return entry < FIRST_DYNAMIC_INDEX ? entry : 2 * FIRST_DYNAMIC_INDEX - 1 + this.#table.added - entry;
  }

  #remember(fields: FieldList, buf: Uint8Array, start: number, end: number): void {
    if (end - start > REMEMBERED_BYTES) return;
    const known = this.#known[this.#oldest] ??= new KnownBlock();
    this.#oldest = (this.#oldest + 1) % REMEMBERED_BLOCKS;
    for (let at = start, i = 0; at < end; at++, i++) known.octets[i] = buf[at]!;
    known.length = end - start;
    known.version = this.#table.version;
    known.fields = fields;
  }
}

function writeShortest(text: string, buf: Uint8Array, offset: number): number {
  const length = text.length < MIN_HUFFMAN_CHARACTERS ? Infinity : huffmanLength(text);
  if (length >= text.length) return writePlain(text, buf, offset);
  return huffmanEncode(text, buf, writeInteger(length, 0x80, 0x7f, buf, offset));
}

function writePlain(text: string, buf: Uint8Array, offset: number): number {
  return writeText(text, buf, writeInteger(text.length, 0, 0x7f, buf, offset));
}
