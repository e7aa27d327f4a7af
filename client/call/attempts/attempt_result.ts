import { RpcError } from "../../../rpc/error.ts";
import { PUSHBACK } from "../../../rpc/retry_fields.ts";
import { Status, statusName } from "../../../rpc/status.ts";
import type { Connection } from "../../../transport/transport.ts";
import { Attempt } from "./attempt.ts";
import { codeOf, isBiz } from "../errors.ts";

/** What came of an attempt: itself, or the error with which it could not even be started. */
export type Made = Attempt | RpcError;

/** An attempt that failed before its response began, and could be made again. */
export interface Failure {
  readonly code: Status;
  /** For the error of the whole call: `UNAVAILABLE: down`. */
  readonly text: string;
  /** After how many milliseconds the server wants it again; negative for never, undefined if it says nothing. */
  readonly pushback: number | undefined;
  /** The connection, if all its calls ended together. */
  readonly lost?: Connection;
}

/** How an attempt failed; undefined if its response has begun, or is an error of the business. */
export function failureOf(made: Made): Failure | undefined {
  if (!(made instanceof Attempt)) {
    return { code: made.code, text: textOf(made.code, made.rawMessage), pushback: undefined };
  }
  const status = made.status;
  if (made.responded || status === undefined || status.code === Status.OK || isBiz(status)) return undefined;
  const code = codeOf(status);
  const pushback = status.trailer?.get(PUSHBACK);
  return {
    code,
    text: textOf(code, status.message),
    pushback: pushback === undefined ? undefined : /^\d{1,9}$/.test(pushback) ? Number(pushback) : -1,
    lost: status.lost ? made.connection : undefined,
  };
}

/** Ends a call with an attempt: returns it, or throws what it is. */
export function finish(made: Made, note: string | undefined): Attempt {
  if (made instanceof Attempt) {
    made.note = note;
    return made;
  }
  if (note === undefined) throw made;
  const { code, rawMessage, details, metadata, path, cause } = made;
  throw new RpcError(code, rawMessage, { details, metadata, path, cause, note });
}

/**
 * What is said of the attempts in the error of the call.
 *
 * @param before How those before the last one ended.
 * @param why Why no other was made; undefined if that goes without saying.
 */
export function noteOf(before: readonly string[], why?: string): string | undefined {
  if (before.length === 0) return why === undefined ? undefined : `not tried again: ${why}`;
  const reason = why === undefined ? "" : `, no more: ${why}`;
  return `attempt ${before.length + 1}${reason}; before it ${[...new Set(before)].join(", ")}`;
}

const MAX_TEXT_CHARACTERS = 80;

function textOf(code: Status, message: string): string {
  const short = message.length > MAX_TEXT_CHARACTERS ? `${message.slice(0, MAX_TEXT_CHARACTERS)}...` : message;
  return short === "" ? statusName(code) : `${statusName(code)} "${short}"`;
}
