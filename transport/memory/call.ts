import { AsyncLocalStorage } from "node:async_hooks";
import { RpcError } from "../../rpc/error.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { after } from "../../base/time.ts";
import { metadataExcess, withinLimits } from "../excess.ts";
import type { CallStart, CallStatus, Limits } from "../transport.ts";
import { Pipe } from "./pipe.ts";

/** The state that the two ends of a call share, and its possible ends. */
export class Call {
  /** From the client to the server. */
  readonly requests = new Pipe();
  /** From the server to the client. */
  readonly replies = new Pipe();
  /** The client's limits. */
  readonly clientLimits: Limits;
  /** The server's limits. */
  readonly serverLimits: Limits;
  /** Why the call ended before the server finished it. */
  reason: RpcError | undefined;
  /** Called if the call ends before the server finished it. */
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
   * Creates a call, which may have ended already.
   *
   * @param start The client's options.
   * @param clientLimits The client's limits.
   * @param serverLimits The server's limits.
   * @param onEnd Called once, when the call has ended for the server.
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

  /** Whether the call has ended for the server. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The status of the call, once the client has read all replies. */
  get status(): CallStatus | undefined {
    return this.replies.drained ? this.#status : undefined;
  }

  /** Cancels the call for the client. */
  readonly cancel = (): void => this.cut(new RpcError(Status.CANCELLED, "the caller cancelled the call"));

  /**
   * Ends the call for both sides at once.
   *
   * @param error The status for the client.
   * @param reason The reason for the server.
   * @param origin Where the client should say that the error comes from.
   */
  cut(error: RpcError, reason: RpcError = error, origin: CallStatus["origin"] = "client"): void {
    if (this.status) return;
    this.#header = undefined;
    this.replies.discard();
    this.#end(statusOf(error, origin), reason);
  }

  /** Ends the call because the client rejects the server's next message. Queued replies can still be read. */
  refuse(error: RpcError): void {
    if (!this.#ended) {
      this.#end(statusOf(error, "client"), new RpcError(Status.CANCELLED, "the caller gave the call up"));
    }
  }

  /** Ends the call for the server. The client receives the queued replies, then the status. */
  finish(status: CallStatus): void {
    if (this.#ended) return;
    const sent = withinLimits(status, this.serverLimits);
    const { code, message, trailer = new Metadata(), details } = withinLimits(sent, this.clientLimits);
    const origin = code === sent.code ? "server" : "client";
    this.#end({ code, message: message.toWellFormed(), trailer: copyOf(trailer), details: details?.slice(), origin });
  }

  /** Takes the header from the server. The client receives it in the next turn, or before it reads a reply. */
  sendHeader(header: Metadata): void {
    if (this.#ended || this.#headerSent) return;
    this.#headerSent = true;
    const tooMuch = metadataExcess(header, this.serverLimits, "the header");
    if (tooMuch) return this.cut(tooMuch, tooMuch, "server");
    const refused = metadataExcess(header, this.clientLimits, "the header");
    if (refused) return this.refuse(refused);
    if (!this.#onHeader) return;
    this.#header = copyOf(header);
    queueMicrotask(() => this.showHeader());
  }

  /** Passes the header to the client, if it has not received it. */
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

const statusOf = ({ code, rawMessage: message }: RpcError, origin: CallStatus["origin"]): CallStatus => ({
  code,
  message,
  origin,
});

/** Copies metadata, including its bytes. */
export function copyOf(metadata: Metadata): Metadata {
  return Metadata.unchecked(
    Array.from(metadata, ([key, value]) => [key, typeof value === "string" ? value : value.slice()]),
  );
}
