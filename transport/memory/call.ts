import { AsyncLocalStorage } from "node:async_hooks";
import { RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { after } from "../../base/time.ts";
import { metadataExcess, withinLimits } from "../limits.ts";
import type { CallStart, CallStatus, Limits } from "../transport.ts";
import { Pipe } from "./pipe.ts";

/** What the two ends of a call share, and the ways in which it ends. */
export class Call {
  /** From the client to the server. */
  readonly requests = new Pipe();
  /** From the server to the client. */
  readonly replies = new Pipe();
  /** The bounds of the client. */
  readonly clientLimits: Limits;
  /** The bounds of the server. */
  readonly serverLimits: Limits;
  /** Why it ended before the server finished it. */
  reason: RpcError | undefined;
  /** Called when it ends before the server finished it. */
  onAbort: ((reason: RpcError) => void) | undefined;
  #onEnd: (call: Call) => void;
  #ended = false;
  #status: CallStatus | undefined;
  #headerSent = false;
  #header: Metadata | undefined;
  #onHeader: CallStart["onHeader"];
  #signal: AbortSignal | undefined;
  #stopTimer: (() => void) | undefined;

  /**
   * Makes a call; it may have ended already.
   *
   * @param start What the client asked for.
   * @param clientLimits The bounds of the client.
   * @param serverLimits The bounds of the server.
   * @param onEnd Called once, when it has ended for the server.
   */
  constructor(start: CallStart, clientLimits: Limits, serverLimits: Limits, onEnd: (call: Call) => void) {
    const { deadline, signal, metadata, onHeader } = start;
    this.clientLimits = clientLimits;
    this.serverLimits = serverLimits;
    this.#onEnd = onEnd;
    this.#onHeader = onHeader && AsyncLocalStorage.bind(onHeader);
    this.#signal = signal;
    const error = metadataExcess(metadata, clientLimits, "the header") ??
      metadataExcess(metadata, serverLimits, "the header");
    if (error) return this.cut(error), this;
    if (signal?.aborted) return this.cancel(), this;
    signal?.addEventListener("abort", this.cancel);
    if (deadline === undefined) return;
    const left = deadline - performance.now();
    const late = () => this.cut(new RpcError(Status.DEADLINE_EXCEEDED, "the deadline passed"));
    if (left <= 0) late();
    else this.#stopTimer = after(left, late);
  }

  /** Whether it has ended for the server. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How it ended, once the client has taken all replies. */
  get status(): CallStatus | undefined {
    return this.replies.drained ? this.#status : undefined;
  }

  /** Gives it up, as its client wants. */
  readonly cancel = (): void => this.cut(new RpcError(Status.CANCELLED, "the caller cancelled the call"));

  /**
   * Ends it for both ends at once.
   *
   * @param error What the client gets as the status.
   * @param reason What the server is told.
   */
  cut(error: RpcError, reason: RpcError = error): void {
    if (this.status) return;
    this.#header = undefined;
    this.replies.discard();
    this.#end(statusOf(error), reason);
  }

  /** Ends it because the client refuses what the server sends next; replies that wait can still be taken. */
  refuse(error: RpcError): void {
    if (!this.#ended) this.#end(statusOf(error), new RpcError(Status.CANCELLED, "the caller gave the call up"));
  }

  /** Ends it as the server wants: the client gets the replies that wait, then the status. */
  finish(status: CallStatus): void {
    if (this.#ended) return;
    const { code, message, trailer = new Metadata(), details } = withinLimits(
      withinLimits(status, this.serverLimits),
      this.clientLimits,
    );
    this.#end({ code, message: message.toWellFormed(), trailer: copyOf(trailer), details: details?.slice() });
  }

  /** Takes the header from the server. The client is shown it in the next turn, or before it takes a reply. */
  sendHeader(header: Metadata): void {
    if (this.#ended || this.#headerSent) return;
    this.#headerSent = true;
    const tooMuch = metadataExcess(header, this.serverLimits, "the header");
    if (tooMuch) return this.cut(tooMuch);
    const refused = metadataExcess(header, this.clientLimits, "the header");
    if (refused) return this.refuse(refused);
    if (!this.#onHeader) return;
    this.#header = copyOf(header);
    queueMicrotask(() => this.showHeader());
  }

  /** Shows the client the header if it has not seen it. */
  showHeader(): void {
    const header = this.#header;
    this.#header = undefined;
    if (!header) return;
    try {
      this.#onHeader?.(header);
    } catch (thrown) {
      this.cut(RpcError.from(thrown), new RpcError(Status.CANCELLED, "the caller gave the call up"));
    }
  }

  #end(status: CallStatus, reason?: RpcError): void {
    this.#status = status;
    if (this.#ended) return;
    this.#ended = true;
    this.reason = reason;
    this.#stopTimer?.();
    this.#signal?.removeEventListener("abort", this.cancel);
    this.replies.end();
    this.requests.discard(reason ?? FINISHED);
    if (reason) this.onAbort?.(reason);
    this.#onEnd(this);
  }
}

const FINISHED = new RpcError(Status.CANCELLED, "the call has ended");

const statusOf = (error: RpcError): CallStatus => ({ code: error.code, message: error.rawMessage });

/** Copies metadata with the bytes in it. */
export function copyOf(metadata: Metadata): Metadata {
  return Metadata.unchecked(
    Array.from(metadata, ([key, value]) => [key, typeof value === "string" ? value : value.slice()]),
  );
}
