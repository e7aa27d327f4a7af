import { encodeStatusDetails } from "../../codec/status_details.ts";
import { bizFields } from "../../rpc/biz_status.ts";
import { BizError, RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { pushbackField } from "../../rpc/retry_headers.ts";
import { Status } from "../../rpc/status.ts";
import { cutStatusText } from "../../transport/status_text.ts";
import type { CallStatus } from "../../transport/transport.ts";

/**
 * The maximum length of the status message in the encoded details, in octets. The trailers hold the message twice:
 * there, and as a field of its own.
 */
const DETAILS_TEXT_BYTES = 2048;

/** What follows from an error that a handler threw. */
export interface Outcome {
  /** The status that the caller gets. */
  readonly status: CallStatus;
  /** Whether the error is a fault of the handler, which must be logged. */
  readonly fault: boolean;
  /** Whether the text of the error is hidden from the caller, because it contains addresses of another service. */
  readonly hidden?: boolean;
}

/**
 * The statuses that mean a fault in this server. They are logged, because the `cause` of an error is never sent to the
 * caller.
 */
const FAULTS = new Set([Status.UNKNOWN, Status.INTERNAL, Status.DATA_LOSS]);

/**
 * Returns the outcome for a value that a handler threw. Only the texts of {@linkcode RpcError} and {@linkcode BizError}
 * are sent to the caller. The text of any other error is hidden. Instead, the caller gets the id of the request, by
 * which people find the log line with the text.
 *
 * @param thrown The thrown value.
 * @param trailer The trailer fields that the handler set.
 * @param call The call. Its request id is read only if the text is hidden.
 */
export function outcomeOf(
  thrown: unknown,
  trailer: Metadata | undefined,
  call: { readonly requestId: string },
): Outcome {
  if (thrown instanceof BizError) return { status: bizStatus(thrown, trailer), fault: false };
  if (thrown instanceof RpcError) {
    const { code, details, path, origin } = thrown;
    const hidden = path !== undefined && origin === "connection";
    const message = hidden ? `${path}: no connection to the service ${idOf(call)}` : textFor(thrown);
    return {
      status: {
        code,
        message,
        details: details.length === 0
          ? undefined
          : encodeStatusDetails(code, cutStatusText(message, DETAILS_TEXT_BYTES), details),
        // An error with a path comes from a call to another service. The trailers of that service are not meant for our
        // caller.
        trailer: path === undefined ? join(trailer, thrown.metadata) : trailer,
      },
      fault: FAULTS.has(code),
      hidden,
    };
  }
  return { status: { code: Status.INTERNAL, message: `internal error ${idOf(call)}`, trailer }, fault: true };
}

/** Returns the id by which people find the log line with a hidden text. */
const idOf = (call: { readonly requestId: string }) => `(request id ${call.requestId})`;

/** Returns the text for the caller. If the call to another service failed on this side, it names that method. */
function textFor({ rawMessage, path, origin = "server" }: RpcError): string {
  return path === undefined || origin === "server" ? rawMessage : `${path}: ${rawMessage}`;
}

/**
 * Adds a trailer field that forbids the caller to retry. It is for a handler whose own calls already exhausted their
 * retries.
 */
export function forbidRetry({ status, ...outcome }: Outcome): Outcome {
  return { ...outcome, status: { ...status, trailer: join(status.trailer, pushbackField(-1)) } };
}

/**
 * Returns the status of a BizError, as Kitex sends a BizStatusError over gRPC: status 13, with the code and `extra` in
 * trailer fields.
 */
function bizStatus(error: BizError, trailer: Metadata | undefined): CallStatus {
  return { code: Status.INTERNAL, message: error.message, trailer: join(trailer, bizFields(error)) };
}

function join(first: Metadata | undefined, second: Metadata): Metadata | undefined {
  if (first === undefined || first.size === 0) return second.size === 0 ? first : second;
  return second.size === 0 ? first : Metadata.unchecked([...first, ...second]);
}
