import { Chains, unseededHash, UNWATCHED_ENTRIES } from "./chains.ts";
import { Excess } from "../misfit.ts";

/** What a message costs while it is decoded or read from JSON. */
export interface Costs {
  /** The memory that it takes so far, in bytes. */
  spent: number;
  /** The memory that it may take. */
  limit: number;
  /** Its maps that have become large. */
  chains: Chains | undefined;
}

/**
 * Counts memory that a message takes. The estimates are those of V8 without pointer compression, as Deno has it,
 * rounded up.
 *
 * @throws {Excess} If it is more than the message may take.
 */
export function charge(costs: Costs, bytes: number): void {
  if ((costs.spent += bytes) <= costs.limit) return;
  throw new Excess(`takes more than ${costs.limit} bytes of memory (limits.decodedMessageBytes)`);
}

/** A property that is added to an object. With more than 12 of them V8 makes a hash table of the object. */
export const ADDED_BYTES = 44;
/** An object with two properties, such as the choice of a oneof. */
export const PAIR_BYTES = 40;
/** A Map without entries. */
export const MAP_BYTES = 184;
/** An entry of a Map, of which V8 doubles the room: two of 24 bytes, and a bucket of 8. */
const ENTRY_BYTES = 56;
/** The largest number that V8 keeps in the place of a value. */
export const MAX_SMI_VALUE = 2 ** 31 - 1;
/** Any other number. */
export const NUMBER_BYTES = 16;
/** A bigint of 64 bits. */
export const BIGINT_BYTES = 24;

/** Counts the elements of an array that grew. The first makes room for 17, and the room grows by half. */
export function chargeElements(costs: Costs, length: number, before: number): void {
  charge(costs, 12 * (length - before) + (before === 0 ? 140 : 0));
}

/** Counts a text of that many bytes in UTF-8. V8 has all texts of one Latin character already. */
export function chargeText(costs: Costs, text: string, bytes: number): void {
  if (bytes > 1) charge(costs, 24 + (bytes === text.length ? bytes : 2 * text.length));
}

/** Counts a Uint8Array with its buffer. An empty one is shared. */
export function chargeBytes(costs: Costs, length: number): void {
  if (length > 0) charge(costs, 208 + length);
}

/**
 * Sets an entry of a map whose keys a peer has chosen.
 *
 * @throws {Excess} If the map takes too much memory, or its keys collide.
 */
export function setEntry(costs: Costs, map: Map<unknown, unknown>, key: unknown, value: unknown): void {
  const before = map.size;
  map.set(key, value);
  charge(costs, ENTRY_BYTES);
  if (before < UNWATCHED_ENTRIES) return;
  const hash = unseededHash(key);
  if (hash >= 0) (costs.chains ??= new Chains()).of(map).set(map, hash, map.size > before);
}
