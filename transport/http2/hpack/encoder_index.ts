import { INCREMENTAL_BITS, type Indexing, NOT_INDEXED } from "./indexing.ts";
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from "./static_table.ts";

/**
 * What an encoder knows of a name. Entries are numbered so that a number stays: 1 to 61 are static, those of the
 * dynamic table count from 62 in the order in which they came.
 */
export interface Name {
  /** How fields of that name are sent that are in no table. */
  readonly indexing: Indexing;
  /** An entry with that name, a static one where there is one; 0 if there is none. */
  entry: number;
  /** The entries by value. */
  readonly values: Map<string, number>;
}

/** The names that we treat in a way of their own, or that are static: an encoder remembers those that it meets. */
const FAMILIAR = new Map<string, Name>();

for (const [name, indexing] of NOT_INDEXED) FAMILIAR.set(name, { indexing, entry: 0, values: new Map() });
for (let index = 1; index < FIRST_DYNAMIC_INDEX; index++) {
  const name = STATIC_NAMES[index]!;
  const known = FAMILIAR.get(name) ?? { indexing: INCREMENTAL_BITS, entry: 0, values: new Map() };
  FAMILIAR.set(name, known);
  known.entry ||= index;
  known.values.set(STATIC_VALUES[index]!, index);
}

/** Finds the entries of both tables by name and value, with no new text to look them up by. */
export class EncoderIndex {
  readonly #names = new Map<string, Name>();

  /** What is known of a name. */
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

  /** Takes a new entry of the dynamic table, whose old ones have been dropped before. */
  add(name: string, value: string, entry: number): void {
    let known = this.find(name);
    if (known === undefined) this.#names.set(name, known = { indexing: INCREMENTAL_BITS, entry, values: new Map() });
    if (known.entry === 0 || known.entry >= FIRST_DYNAMIC_INDEX) known.entry = entry;
    known.values.set(value, entry);
  }

  /** Forgets an entry that has left the dynamic table. */
  drop(name: string, value: string): void {
    const known = this.#names.get(name)!;
    // The newest entry of a name leaves last.
    if (known.entry === known.values.get(value)) known.entry = 0;
    known.values.delete(value);
    // Or names that come once would be kept for ever.
    if (known.values.size === 0) this.#names.delete(name);
  }
}
