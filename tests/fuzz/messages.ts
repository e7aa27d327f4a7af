import { RpcError } from "../../rpc/error.ts";
import type { MessageType } from "../../rpc/service.ts";
import { COSTLY, messageOf } from "../cost/messages.ts";
import { Fault } from "./fault.ts";

/** Those of types with 100 fields take time by the fields of the type, not by their bytes: tests/cost has them. */
const KINDS = COSTLY.filter(({ name }) => !name.startsWith("100 fields"));
const TYPES: readonly MessageType<unknown>[] = [...new Set(KINDS.map(({ type }) => type))];
/** The bytes of a message. */
const BYTES = 300;

/** Messages of every kind of field. The first byte of each is the number of its type. */
export const MESSAGES: readonly Uint8Array[] = KINDS.map((costly) =>
  new Uint8Array([TYPES.indexOf(costly.type), ...messageOf(costly, BYTES)])
);

/** Decodes a message. What it holds must be the same after it was encoded, as bytes and as JSON, and read again. */
export function codec(input: Uint8Array): void {
  const type = TYPES[(input[0] ?? 0) % TYPES.length]!;
  const message = unless(/^these \d+ bytes are no valid /, () => type.decode(input.subarray(1)));
  if (message === undefined) return;
  const bytes = type.encode(message as never);
  const again = type.encode(type.decode(bytes) as never);
  if (!same(bytes, again)) throw new Fault(`${type.typeName}: ${bytes.toHex()} becomes ${again.toHex()}`);
  // A message may hold what JSON has no form for, such as a Timestamp of the year 20000.
  const json = unless(/^[\w.]+/, () => JSON.stringify(type.toJson(message as never)));
  if (json === undefined) return;
  const read = (json: string) => JSON.stringify(type.toJson(type.fromJson(JSON.parse(json)) as never));
  // The first time, a NullValue with another number than 0 is set right.
  const [once, twice] = [read(json), read(read(json))];
  if (once !== twice) throw new Fault(`${type.typeName}: ${once} becomes ${twice}`);
}

/**
 * What comes of a function; undefined if it throws what it may: an error with such a text, or that the message costs
 * too much.
 */
function unless<T>(text: RegExp, use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (error instanceof RpcError || error instanceof Error && text.test(error.message)) return undefined;
    throw error;
  }
}

const same = (one: Uint8Array, other: Uint8Array) =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);
