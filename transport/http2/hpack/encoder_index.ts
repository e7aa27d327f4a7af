import { INCREMENTAL_BITS, type Indexing, NOT_INDEXED } from "./indexing.ts";
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from "./static_table.ts";

/**
 * What an encoder knows about a name. Numbers of entries are permanent: 1 to 61 are static, and entries of the dynamic
 * table are numbered from 62 in the order in which they were added.
 */
export interface Name {
  /** How fields with this name are sent if they are in no table. */
  readonly indexing: Indexing;
  /** An entry with this name, preferably a static one; 0 if there is none. */
  entry: number;
  /** The entries with this name, by value. */
  readonly values: Map<string, number>;
}

/** The names that are static or have a special indexing. An encoder adds the names that it encounters. */
const FAMILIAR = new Map<string, Name>();

for (const [name, indexing] of NOT_INDEXED) FAMILIAR.set(name, { indexing, entry: 0, values: new Map() });
for (let index = 1; index < FIRST_DYNAMIC_INDEX; index++) {
  const name = STATIC_NAMES[index]!;
  const known = FAMILIAR.get(name) ?? { indexing: INCREMENTAL_BITS, entry: 0, values: new Map() };
  FAMILIAR.set(name, known);
  known.entry ||= index;
  known.values.set(STATIC_VALUES[index]!, index);
}

/** Finds the entries of both tables by name and value, without creating a new text as the key. */
export class EncoderIndex {
  readonly #names = new Map<string, Name>();

  /** Returns what is known about a name. */
  find(name: string): Name | undefined {
    return this.#names.get(name) ?? this.#meet(name);
  }

  #meet(name: string): Name | undefined {
    const familiar = FAMILIAR.get(name);
    if (familiar === undefined) return undefined;
    const known: Name = { indexing: familiar.indexing, entry: familiar.entry, values: new Map(familiar.values) };
    this.#names.set(name, known);
    return known;
  }

  /** Adds a new entry of the dynamic table. The entries that it evicts were dropped before. */
  add(name: string, value: string, entry: number): void {
    let known = this.find(name);
    if (known === undefined) this.#names.set(name, known = { indexing: INCREMENTAL_BITS, entry, values: new Map() });
    if (known.entry === 0 || known.entry >= FIRST_DYNAMIC_INDEX) known.entry = entry;
    known.values.set(value, entry);
  }

  /** Removes an entry that was evicted from the dynamic table. */
  drop(name: string, value: string): void {
    const known = this.#names.get(name)!;
    // The newest entry of a name is evicted last.
    if (known.entry === known.values.get(value)) known.entry = 0;
    known.values.delete(value);
    // Otherwise names that occur once would be kept for ever.
    if (known.values.size === 0) this.#names.delete(name);
  }
}
