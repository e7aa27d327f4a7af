import { NO_BYTES } from "../../../base/bytes.ts";
import { DynamicTable, FIELD_OVERHEAD_BYTES } from "./dynamic_table.ts";
import { HpackError } from "./error.ts";
import type { FieldList } from "./field_list.ts";
import { huffmanDecode } from "./huffman.ts";
import { Cursor, readInteger } from "./integer.ts";
import { textOf } from "./octets.ts";
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from "./static_table.ts";

/** The longest block that is cached, in octets. Most blocks that do not change the table are far shorter. */
const REMEMBERED_BYTES = 128;

/** A block that does not change the table, and its fields, which are valid while the table is unchanged. */
class KnownBlock {
  octets: Uint8Array = NO_BYTES;
  length = 0;
  version = -1;
  fields: FieldList = [];

  matches(buf: Uint8Array, start: number, end: number, version: number): boolean {
    if (this.version !== version || this.length !== end - start) return false;
    for (let at = start, i = 0; at < end; at++, i++) if (buf[at] !== this.octets[i]) return false;
    return true;
  }
}

/** The limits of a decoder. */
export interface HpackDecoderOptions {
  /** The largest dynamic table: the SETTINGS_HEADER_TABLE_SIZE sent to the peer, 4096 by default. */
  maxTableBytes: number;
  /** The largest field list, where a field counts as its octets and 32 more (RFC 7540, 6.5.2). */
  maxListBytes: number;
  /** The maximum number of fields. */
  maxFields: number;
}

/** Decodes the header blocks of one connection, which must be passed in their order. */
export class HpackDecoder {
  /** Whether the last block exceeded a limit. Its list then ends with the last field within the limits. */
  exceeded = false;

  readonly #options: HpackDecoderOptions;
  readonly #table: DynamicTable;
  readonly #cursor = new Cursor();
  // Calls of a kind have the same fields. With two cached blocks, such as header and trailers, decoding most blocks is
  // one comparison.
  readonly #known = [new KnownBlock(), new KnownBlock()];
  #oldest = 0;

  /** Creates a decoder for a new connection. */
  constructor(options: HpackDecoderOptions) {
    this.#options = options;
    this.#table = new DynamicTable(options.maxTableBytes);
  }

  /**
   * Decodes the header block `buf[start..end)`, which consists of the payloads of its frames.
   *
   * @returns The fields. The same array is returned if the block and its meaning are unchanged.
   * @throws {HpackError} If the block can't be decoded. The decoder must not be used after that.
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
        // The bits select incremental indexing, without indexing, or never indexed. The last two are the same for a
        // receiver.
        const index = readInteger(cursor, first, first >= 0x40 ? 0x3f : 0x0f);
        name = index === 0 ? this.#readText(cursor) : this.#name(index);
        value = this.#readText(cursor);
        if (first >= 0x40) this.#table.add(name, value);
      }
      bytes += name.length + value.length + FIELD_OVERHEAD_BYTES;
      // Both numbers only grow, so all fields after this one are dropped too. They are still decoded, to keep the table
      // correct.
      if (++count > maxFields || bytes > maxListBytes) this.exceeded = true;
      else fields.push(name, value);
    }
  }

  /** Size updates are valid only at the start of a block (RFC 7541, 4.2). */
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
