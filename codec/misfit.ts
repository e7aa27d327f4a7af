import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";

/** A value that does not fit its field. The way to it is put together while the error goes up. */
export class Misfit extends Error {
  /** The way to the value: `".items[2].id"`. */
  path = "";
}

/** A message that costs more memory or time than it may. */
export class Excess extends Error {
  /** The error for whoever wanted the message. */
  of(typeName: string): RpcError {
    return new RpcError(Status.RESOURCE_EXHAUSTED, `this ${typeName} ${this.message}`);
  }
}

/** The error for a value of the wrong type. */
export function wrong(expected: string, value: unknown): Misfit {
  let shown: string;
  try {
    shown = typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? String(value);
  } catch {
    shown = typeof value;
  }
  return new Misfit(`expected ${expected}, got ${short(shown)}`);
}

/** A text that a peer chose, cut for an error. */
export const short = (text: string): string => text.length > 60 ? `${text.slice(0, 57)}...` : text;

/** What was thrown, if it is a misfit with the next part of the way put before it. */
export function within(part: string, thrown: unknown): unknown {
  if (thrown instanceof Misfit) thrown.path = part + thrown.path;
  return thrown;
}
