import { Metadata } from "../../../rpc/metadata.ts";
import { PREVIOUS_ATTEMPTS, RETRY_FIELD } from "../../../rpc/retry_headers.ts";
import { Status } from "../../../rpc/status.ts";
import type { CallStatus, ClientCall, Connection, MaybePromise } from "../../../transport/transport.ts";
import type { Subchannel } from "../../instances/subchannel.ts";
import { hasBizError } from "../../../rpc/biz_status.ts";
import type { Outgoing } from "./outgoing.ts";

/** The options that differ between the attempts of a call. */
export interface AttemptOptions {
  /** Cancels the attempt. */
  readonly signal: AbortSignal | undefined;
  /** How many attempts the call made before. */
  readonly previous: number;
  /**
   * The instances that the call has tried; each attempt adds its own. Undefined while the call need not remember them.
   */
  readonly tried: Set<Subchannel> | undefined;
  /** Whether the attempt fails at once when its instance falls silent, because the policy allows another attempt. */
  readonly expiresInSilence: boolean;
  /** Receives the header. */
  readonly onHeader: ((header: Metadata) => void) | undefined;
}

/** One attempt of a call on one instance. It reports its end to the instance once. */
export class Attempt {
  readonly subchannel: Subchannel;
  /** The connection that the attempt started on. */
  readonly connection: Connection;
  /** The first response; undefined if the attempt ended without one. */
  message: Uint8Array | undefined;
  /** Whether the response has begun: no other attempt is made for the call then. */
  responded = false;
  /** What the caller's `onHeader` threw: it ends the call and reaches the caller. */
  headerFailure: { error: unknown } | undefined;
  /** What the error of the call says beside the status, if this attempt is the last and fails. */
  note: string | undefined;
  readonly #call: ClientCall;
  /** When it started, in milliseconds of `performance.now()`; undefined if nobody needs its latency. */
  readonly #startedAt: number | undefined;
  #expired: CallStatus | undefined;
  #ended = false;

  private constructor(
    subchannel: Subchannel,
    connection: Connection,
    call: ClientCall,
    startedAt: number | undefined,
  ) {
    this.subchannel = subchannel;
    this.connection = connection;
    this.#call = call;
    this.#startedAt = startedAt;
  }

  /**
   * Starts a call on an instance, and sends the requests that are available.
   *
   * @param subchannel The instance. It has a connection.
   * @param outgoing The call.
   * @param options The options of this attempt.
   * @param timed Whether to measure its latency. To read the clock costs as much as everything else here.
   */
  static start(subchannel: Subchannel, outgoing: Outgoing, options: AttemptOptions, timed: boolean): Attempt {
    const { method: { path }, context: { metadata, source, options: { compression } } } = outgoing;
    const { onHeader, previous, signal } = options;
    const startedAt = timed ? performance.now() : undefined;
    const connection = subchannel.connection!;
    const call = subchannel.start({
      path,
      metadata: previous > 0 ? withPrevious(metadata, previous) : metadata,
      deadline: outgoing.lateAt,
      signal,
      compression: typeof compression === "function" ? "gzip" : compression,
      source,
      onHeader: onHeader && ((header) => attempt.#onHeader(onHeader, header)),
    });
    const attempt = new Attempt(subchannel, connection, call, startedAt);
    try {
      outgoing.sendTo(call);
    } catch (error) {
      attempt.end();
      throw error;
    }
    return attempt;
  }

  /** How the attempt ended; undefined while it has not. */
  get status(): CallStatus | undefined {
    return this.#expired ?? this.#call.status;
  }

  /** Receives what {@linkcode receive} returned first: the response has begun, or the attempt has ended. */
  began(message: Uint8Array | undefined): void {
    this.message = message;
    if (message !== undefined || this.#call.status!.code === Status.OK) this.#respond();
  }

  /** The next response; undefined when the attempt has ended. */
  receive(): MaybePromise<Uint8Array | undefined> {
    return this.#call.receive();
  }

  /**
   * Ends an attempt whose response has not begun in time. It counts as UNAVAILABLE, and as a failure of its instance.
   *
   * @param lost Whether all calls of its connection end together.
   */
  expire(message: string, lost: boolean = false): void {
    if (this.responded || this.#ended) return;
    this.#expired = { code: Status.UNAVAILABLE, message, lost, origin: lost ? "connection" : "client" };
    this.end();
  }

  /** Ends the attempt, and cancels its call if that still runs. Only the first call of this method counts. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { status } = this.#call;
    if (status === undefined) this.#call.cancel();
    if (!this.responded && this.#startedAt !== undefined && this.#isGivenUp(status)) {
      const now = performance.now();
      this.subchannel.latencies.atLeast(now - this.#startedAt, now);
    }
    this.subchannel.ended(this.#call, this.#expired ? Status.DEADLINE_EXCEEDED : status && codeForInstance(status));
  }

  /** Whether it ended because nobody waits any longer. Its duration is then a lower bound of the instance's latency. */
  #isGivenUp(status: CallStatus | undefined): boolean {
    if (status === undefined || this.#expired) return true;
    return status.code === Status.CANCELLED || status.code === Status.DEADLINE_EXCEEDED;
  }

  #respond(): void {
    if (this.responded) return;
    this.responded = true;
    if (this.#startedAt === undefined) return;
    const now = performance.now();
    this.subchannel.responded(this.#call, now - this.#startedAt, now);
  }

  #onHeader(onHeader: (header: Metadata) => void, header: Metadata): void {
    this.#respond();
    try {
      onHeader(header);
    } catch (error) {
      this.headerFailure = { error };
      this.#call.cancel();
    }
  }
}

/** Metadata that tells the server, and the services behind it, how many attempts the call made before. */
function withPrevious(metadata: Metadata, previous: number): Metadata {
  const count = String(previous);
  return Metadata.unchecked([...metadata, [PREVIOUS_ATTEMPTS, count], [RETRY_FIELD, count]]);
}

/**
 * What a status implies about the instance. A business error counts as OK, because the instance answered. Undefined if
 * the status implies nothing: nothing was processed, or the call was cancelled.
 */
function codeForInstance(status: CallStatus): Status | undefined {
  if (status.code === Status.OK || hasBizError(status.trailer)) return Status.OK;
  return status.code === Status.CANCELLED || status.unprocessed !== undefined ? undefined : status.code;
}
