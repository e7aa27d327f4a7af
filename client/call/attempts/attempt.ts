import type { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import type { CallStart, CallStatus, ClientCall, Connection, MaybePromise } from "../../../transport/transport.ts";
import type { Outgoing } from "./outgoing.ts";
import { isBiz } from "../errors.ts";
import type { Subchannel } from "../../instances/subchannel.ts";

/** One attempt of a call, at one instance, which is told once how it went. */
export class Attempt {
  readonly subchannel: Subchannel;
  /** The first response, undefined if it has ended without one. */
  message: Uint8Array | undefined;
  /** Whether the response has begun: the call is this attempt's then. */
  responded = false;
  /** What the caller's `onHeader` threw: it ends the call and reaches the caller. */
  headerFailure: { error: unknown } | undefined;
  /** What else the caller is told if this attempt is the last, and fails. */
  note: string | undefined;
  /** The one that it began on. */
  readonly connection: Connection;
  readonly #call: ClientCall;
  readonly #begun: number | undefined;
  #expired: CallStatus | undefined;
  #told = false;

  /**
   * Starts an attempt.
   *
   * @param subchannel The instance, which has a connection.
   * @param outgoing What is sent.
   * @param start How it begins.
   * @param onHeader Takes the header.
   * @param timed Whether anybody wants to know how long it takes: to read the clock costs as much as all else here.
   */
  constructor(
    subchannel: Subchannel,
    outgoing: Outgoing,
    start: CallStart,
    onHeader: ((attempt: Attempt, header: Metadata) => void) | undefined,
    timed: boolean,
  ) {
    this.subchannel = subchannel;
    if (timed) this.#begun = performance.now();
    if (onHeader) start.onHeader = (header) => this.#onHeader(onHeader, header);
    this.connection = subchannel.connection!;
    this.#call = subchannel.start(start);
    try {
      outgoing.sendTo(this.#call);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** How it ended; undefined while it has not. */
  get status(): CallStatus | undefined {
    return this.#expired ?? this.#call.status;
  }

  /** Takes what {@linkcode receive} gave first: the response has begun, or the attempt has ended. */
  began(message: Uint8Array | undefined): void {
    this.message = message;
    if (message !== undefined || this.#call.status!.code === Status.OK) this.#respond();
  }

  /** The next response, or undefined when it has ended. */
  receive(): MaybePromise<Uint8Array | undefined> {
    return this.#call.receive();
  }

  /**
   * It took too long until its response began: it counts as UNAVAILABLE, and its instance has failed.
   *
   * @param lost Whether all calls of its connection end together.
   */
  expire(message: string, lost: boolean = false): void {
    if (this.responded || this.#told) return;
    this.#expired = { code: Status.UNAVAILABLE, message, lost };
    this.end();
  }

  /** It is over: what goes on is cancelled. Only the first call of it counts. */
  end(): void {
    if (this.#told) return;
    this.#told = true;
    const { status } = this.#call;
    if (status === undefined) this.#call.cancel();
    if (!this.responded && this.#begun !== undefined && this.#isGivenUp(status)) {
      const now = performance.now();
      this.subchannel.latencies.atLeast(now - this.#begun, now);
    }
    this.subchannel.ended(this.#call, this.#expired ? Status.DEADLINE_EXCEEDED : status && codeFor(status));
  }

  /** Whether it ended since nobody waited any longer: how long it took says how slow the instance is at least, as an answer would. */
  #isGivenUp(status: CallStatus | undefined): boolean {
    if (status === undefined || this.#expired) return true;
    return status.code === Status.CANCELLED || status.code === Status.DEADLINE_EXCEEDED;
  }

  #respond(): void {
    if (this.responded) return;
    this.responded = true;
    if (this.#begun === undefined) return;
    const now = performance.now();
    this.subchannel.responded(this.#call, now - this.#begun, now);
  }

  #onHeader(onHeader: (attempt: Attempt, header: Metadata) => void, header: Metadata): void {
    this.#respond();
    try {
      onHeader(this, header);
    } catch (error) {
      this.headerFailure = { error };
      this.#call.cancel();
    }
  }
}

/** What a status says of the instance: that it answers if the error is the business's; nothing if nothing was processed, or the call was cancelled. */
function codeFor(status: CallStatus): Status | undefined {
  if (status.code === Status.OK || isBiz(status)) return Status.OK;
  return status.code === Status.CANCELLED || status.unprocessed !== undefined ? undefined : status.code;
}
