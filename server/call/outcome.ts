import { encodeStatusDetails } from "../../codec/status_details.ts";
import { BizError, RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { PUSHBACK } from "../../rpc/retry_fields.ts";
import { Status } from "../../rpc/status.ts";
import { cutStatusText } from "../../transport/status_text.ts";
import type { CallStatus } from "../../transport/transport.ts";

/**
 * The most of a text that the details repeat, in octets: the trailers must have room for it and for the text itself.
 */
const DETAILS_TEXT_BYTES = 2048;

/** What a caller may learn of an error that a handler threw, and whether it was a fault that the log should hold. */
export interface Outcome {
  readonly status: CallStatus;
  readonly fault: boolean;
}

/**
 * The statuses that say that something is wrong here. What led to one, its `cause`, goes to no caller: only the log can
 * tell it.
 */
const FAULTS = new Set([Status.UNKNOWN, Status.INTERNAL, Status.DATA_LOSS]);

/**
 * The status for what a handler threw. Only {@linkcode RpcError} and {@linkcode BizError} speak to the caller; the text
 * of any other error stays here.
 *
 * @param thrown What was thrown.
 * @param trailer The handler's own trailer.
 */
export function outcomeOf(thrown: unknown, trailer: Metadata | undefined): Outcome {
  if (thrown instanceof BizError) return { status: bizStatus(thrown, trailer), fault: false };
  if (thrown instanceof RpcError) {
    const { code, rawMessage: message, details, path } = thrown;
    return {
      status: {
        code,
        message,
        details: details.length === 0
          ? undefined
          : encodeStatusDetails(code, cutStatusText(message, DETAILS_TEXT_BYTES), details),
        // With a path it is the error of another service's call: that one's trailers are not for our caller.
        trailer: path === undefined ? join(trailer, thrown.metadata) : trailer,
      },
      fault: FAULTS.has(code),
    };
  }
  return { status: { code: Status.INTERNAL, message: "internal error", trailer }, fault: true };
}

/** The outcome of a handler whose own calls were tried again in vain: its caller is not to repeat all of that. */
export function notAgain({ status, fault }: Outcome): Outcome {
  const never = Metadata.unchecked([[PUSHBACK, "-1"]]);
  return { status: { ...status, trailer: join(status.trailer, never) }, fault };
}

/** As Kitex sends a BizStatusError over gRPC: status 13, and the code and facts in trailers of their own. */
function bizStatus({ code, message, extra }: BizError, trailer: Metadata | undefined): CallStatus {
  const fields = new Metadata({ "biz-status": String(code) });
  if (Object.keys(extra).length > 0) fields.set("biz-extra", asciiJson(extra));
  return { code: Status.INTERNAL, message, trailer: join(trailer, fields) };
}

/** JSON whose text can stand in a header: what is not ASCII becomes `\u` escapes. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function join(first: Metadata | undefined, second: Metadata): Metadata | undefined {
  if (first === undefined || first.size === 0) return second.size === 0 ? first : second;
  return second.size === 0 ? first : Metadata.unchecked([...first, ...second]);
}
