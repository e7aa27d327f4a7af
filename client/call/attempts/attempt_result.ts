import { RpcError } from "../../../rpc/error.ts";
import { hasBizError } from "../../../rpc/biz_status.ts";
import { pushbackOf } from "../../../rpc/retry_headers.ts";
import { Status, statusName } from "../../../rpc/status.ts";
import type { Connection } from "../../../transport/transport.ts";
import { codeOf } from "../errors.ts";
import { Attempt } from "./attempt.ts";

/** What came of an attempt: the attempt itself, or the error with which it could not even be started. */
export type AttemptResult = Attempt | RpcError;

/** Why an attempt failed before its response began. It could be made again. */
export interface Failure {
  readonly code: Status;
  /** What the error of the whole call says of this attempt: `UNAVAILABLE "down"`. */
  readonly text: string;
  /**
   * The server's pushback: the wait before the next attempt in milliseconds; negative forbids another one; undefined if
   * there is none.
   */
  readonly pushback: number | undefined;
  /** The connection, if all its calls ended together. */
  readonly lost?: Connection;
}

/** How an attempt failed; undefined if its response has begun or is a business error. */
export function failureOf(result: AttemptResult): Failure | undefined {
  if (!(result instanceof Attempt)) {
    return { code: result.code, text: textOf(result.code, result.rawMessage), pushback: undefined };
  }
  const { status } = result;
  if (result.responded || status === undefined || status.code === Status.OK || hasBizError(status.trailer)) {
    return undefined;
  }
  const code = codeOf(status);
  return {
    code,
    text: textOf(code, status.message),
    pushback: pushbackOf(status.trailer),
    lost: status.lost ? result.connection : undefined,
  };
}

/** Ends a call with the result of its last attempt: returns the attempt, or throws the error. Either gets the note. */
export function finish(result: AttemptResult, note: string | undefined): Attempt {
  if (result instanceof Attempt) {
    result.note = note;
    return result;
  }
  if (note === undefined) throw result;
  const { code, rawMessage, details, metadata, path, cause, origin } = result;
  throw new RpcError(code, rawMessage, { details, metadata, path, cause, origin, note });
}

/**
 * What the error of a call says of its attempts.
 *
 * @param earlier How the attempts before the last one failed.
 * @param reason Why there was no further attempt; undefined if that is obvious.
 */
export function noteOf(earlier: readonly string[], reason?: string): string | undefined {
  if (earlier.length === 0) return reason === undefined ? undefined : `not tried again: ${reason}`;
  const noMore = reason === undefined ? "" : `, no more: ${reason}`;
  return `attempt ${earlier.length + 1}${noMore}; before it ${[...new Set(earlier)].join(", ")}`;
}

const MAX_TEXT_CHARACTERS = 80;

function textOf(code: Status, message: string): string {
  const short = message.length > MAX_TEXT_CHARACTERS ? `${message.slice(0, MAX_TEXT_CHARACTERS)}...` : message;
  return short === "" ? statusName(code) : `${statusName(code)} "${short}"`;
}
