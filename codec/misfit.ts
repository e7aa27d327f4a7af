import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";

/** A value that does not fit its field. The way to it is put together while the error goes up. */
export class Misfit extends Error {
  /** The way to the value: `".items[2].id"`. */
  path = "";

  /** Returns the error for the caller, who passed a message of this type. */
  of(typeName: string): TypeError {
    return new TypeError(`${typeName}${this.path}: ${this.message}`);
  }
}

/** An Any whose type is not known. */
export class UnknownType extends Misfit {
  override of(typeName: string): UnknownTypeError {
    return new UnknownTypeError(super.of(typeName).message);
  }
}

/** The error for a message with an Any whose type is not in the option `types` of JSON. */
export class UnknownTypeError extends TypeError {
  /** @param problem The message without advice, for callers that have no such option. */
  constructor(readonly problem: string) {
    super(`${problem}; give it in the option types`);
  }
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
