import { DynamicTable, FIELD_OVERHEAD_BYTES } from "./dynamic_table.ts";
import { HpackError } from "./error.ts";
import type { FieldList } from "./field_list.ts";
import { huffmanDecode } from "./huffman.ts";
import { Cursor, readInteger } from "./integer.ts";
import { textOf } from "./octets.ts";
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from "./static_table.ts";

/** The longest block that is remembered. Most of those that leave the table alone are far shorter. */
const REMEMBERED_BYTES = 128;

const NOTHING = new Uint8Array(0);

/** A block that leaves the table alone, and what it means as long as the table is the same. */
class KnownBlock {
  octets: Uint8Array = NOTHING;
  length = 0;
  version = -1;
  fields: FieldList = [];

  matches(buf: Uint8Array, start: number, end: number, version: number): boolean {
    if (this.version !== version || this.length !== end - start) return false;
    for (let at = start, i = 0; at < end; at++, i++) if (buf[at] !== this.octets[i]) return false;
    return true;
  }
}

/** What a decoder allows. */
export interface HpackDecoderOptions {
  /** The largest dynamic table: the SETTINGS_HEADER_TABLE_SIZE that the peer was told, 4096 without. */
  maxTableBytes: number;
  /** The largest field list, where a field counts as its octets and 32 more (RFC 7540, 6.5.2). */
  maxListBytes: number;
  /** The most fields. */
  maxFields: number;
}

/** Decodes the header blocks that come over one connection, in their order. */
export class HpackDecoder {
  /** Whether the last block had more than was allowed: its list then ends with the last field that was. */
  exceeded = false;

  readonly #options: HpackDecoderOptions;
  readonly #table: DynamicTable;
  readonly #cursor = new Cursor();
  // Calls of a kind have the same fields: with both halves of an exchange known, most blocks cost a comparison.
  readonly #known = [new KnownBlock(), new KnownBlock()];
  #oldest = 0;

  /** Makes a decoder for a new connection. */
  constructor(options: HpackDecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.maxTableBytes);
  }

  /**
   * Decodes the header block `buf[start..end)`, frames' payloads put together.
   *
   * @returns Its fields. The list is the same one as before where the block and its meaning are.
   * @throws {HpackError} If it can't be decoded. The decoder can't be used after that.
   */
  decode(buf: Uint8Array, start: number, end: number): FieldList {
    const version = this.#table.version;
    for (const known of this.#known) {
      if (!known.matches(buf, start, end, version)) continue;
      this.exceeded = false;
      return known.fields;
    }
    const cursor = this.#cursor;
    cursor.buf = buf;
    cursor.pos = start;
    cursor.end = end;
    this.#readSizeUpdates(cursor);
    const fields: string[] = [];
    this.#readFields(cursor, fields);
    if (this.#table.version === version && !this.exceeded) this.#remember(buf, start, end, fields);
    return fields;
  }

  #readFields(cursor: Cursor, fields: string[]): void {
    const { maxListBytes, maxFields } = this.#options;
    let bytes = 0;
    let count = 0;
    this.exceeded = false;
    while (cursor.pos < cursor.end) {
      const first = cursor.buf[cursor.pos++]!;
      let name: string;
      let value: string;
      if (first >= 0x80) {
        const index = readInteger(cursor, first, 0x7f);
        name = this.#name(index);
        value = this.#value(index);
      } else {
        if (first >= 0x20 && first < 0x40) throw new HpackError("a table size update stands after a field");
        // With a bit for incremental indexing, without indexing, or never indexed: the last two are one to a receiver.
        const index = readInteger(cursor, first, first >= 0x40 ? 0x3f : 0x0f);
        name = index === 0 ? this.#readText(cursor) : this.#name(index);
        value = this.#readText(cursor);
        if (first >= 0x40) this.#table.add(name, value);
      }
      bytes += name.length + value.length + FIELD_OVERHEAD_BYTES;
      // Neither falls again, so what is left out is the end of the list. The rest is read all the same: the table needs
      // it.
      if (++count > maxFields || bytes > maxListBytes) this.exceeded = true;
      else fields.push(name, value);
    }
  }

  /** Those may only stand at the start of a block (RFC 7541, 4.2). */
  #readSizeUpdates(cursor: Cursor): void {
    while (cursor.pos < cursor.end) {
      const first = cursor.buf[cursor.pos]!;
      if (first < 0x20 || first >= 0x40) return;
      cursor.pos++;
      const bytes = readInteger(cursor, first, 0x1f);
      const most = this.#options.maxTableBytes;
      if (bytes > most) {
        throw new HpackError(`a table size update to ${bytes} bytes, where at most ${most} are allowed`);
      }
      this.#table.resize(bytes);
    }
  }

  #name(index: number): string {
    return index < FIRST_DYNAMIC_INDEX && index > 0 ? STATIC_NAMES[index]! : this.#table.names[this.#slot(index)]!;
  }

  #value(index: number): string {
    return index < FIRST_DYNAMIC_INDEX && index > 0 ? STATIC_VALUES[index]! : this.#table.values[this.#slot(index)]!;
  }

  #slot(index: number): number {
    const slot = index === 0 ? -1 : this.#table.slot(index - FIRST_DYNAMIC_INDEX);
    if (slot >= 0) return slot;
    throw new HpackError(
      `index ${index}, where the dynamic table has ${this.#table.length} entries from ${FIRST_DYNAMIC_INDEX} on`,
    );
  }

  #readText(cursor: Cursor): string {
    if (cursor.pos >= cursor.end) throw new HpackError("the header block ends inside a field");
    const first = cursor.buf[cursor.pos++]!;
    const length = readInteger(cursor, first, 0x7f);
    const start = cursor.pos;
    const end = start + length;
    if (end > cursor.end) {
      throw new HpackError(`a text of ${length} octets, where the header block has ${cursor.end - start} more`);
    }
    cursor.pos = end;
    return first >= 0x80 ? huffmanDecode(cursor.buf, start, end) : textOf(cursor.buf, start, end);
  }

  #remember(buf: Uint8Array, start: number, end: number, fields: FieldList): void {
    if (end - start > REMEMBERED_BYTES) return;
    const known = this.#known[this.#oldest]!;
    this.#oldest ^= 1;
    if (known.octets.length < end - start) known.octets = new Uint8Array(end - start);
    for (let at = start, i = 0; at < end; at++, i++) known.octets[i] = buf[at]!;
    known.length = end - start;
    known.version = this.#table.version;
    known.fields = fields;
  }
}
