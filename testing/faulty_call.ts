import { sleep } from "../base/wait.ts";
import { type CallStatus, type MaybePromise, Metadata, RpcError, type ServerCall, Status } from "../mod.ts";
import type { Fault } from "./faults.ts";

/** Returns the status that a fault's `status` describes. */
export const statusOf = ({ status, message = "injected by the test", trailer }: Fault): CallStatus => ({
  code: status!,
  message,
  trailer: new Metadata(trailer),
});

/** A call that fails after some of its messages have passed. */
export class FaultyCall implements ServerCall {
  readonly signal: AbortSignal;
  #inner: ServerCall;
  #fault: Fault;
  #drop: () => void;
  #asked = 0;
  #sent = 0;
  /** Pending while the fault delays the call. All further operations wait for it. */
  #gate: Promise<void> | undefined;
  #cut = new AbortController();

  /**
   * @param inner The call.
   * @param fault A fault with `after`.
   * @param drop Drops the connections.
   */
  constructor(inner: ServerCall, fault: Fault, drop: () => void) {
    this.#inner = inner;
    this.#fault = fault;
    this.#drop = drop;
    this.signal = AbortSignal.any([inner.signal, this.#cut.signal]);
  }

  get path(): string {
    return this.#inner.path;
  }
  get peer(): ServerCall["peer"] {
    return this.#inner.peer;
  }
  get metadata(): Metadata {
    return this.#inner.metadata;
  }
  get deadline(): number | undefined {
    return this.#inner.deadline;
  }
  get requestCompression(): ServerCall["requestCompression"] {
    return this.#inner.requestCompression;
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    // Not when the handler takes the last of these requests: it must be able to answer that one first.
    if (this.#asked++ === this.#fault.after!.requests) this.#strike();
    return this.#then(() => this.#inner.receive());
  }

  sendHeader(header: Metadata): void {
    Promise.resolve(this.#then(() => this.#inner.sendHeader(header))).catch((error) => {
      const { code, rawMessage: message } = RpcError.from(error);
      this.#inner.finish({ code, message });
    });
  }

  send(...args: Parameters<ServerCall["send"]>): MaybePromise<void> {
    const room = this.#then(() => this.#inner.send(...args));
    if (++this.#sent === this.#fault.after!.responses) this.#strike();
    return room;
  }

  finish(status: CallStatus): void {
    // deno-lint-ignore dinokit-promise/handled -- finish() never throws
    void this.#then(() => this.#inner.finish(status));
  }

  #then<T>(act: () => MaybePromise<T>): MaybePromise<T> {
    return this.#gate ? this.#gate.then(act) : act();
  }

  #strike(): void {
    const { delay, hang } = this.#fault;
    if (delay === undefined && !hang) return this.#act();
    const { signal } = this.#inner;
    if (signal.aborted) return;
    // If the call ends meanwhile, the fault has no effect, and waiting operations must be released.
    this.#gate = sleep(hang ? Infinity : delay!, signal).then(() => {
      this.#gate = undefined;
      if (!signal.aborted) this.#act();
    });
  }

  #act(): void {
    if (this.#fault.drop) this.#drop();
    if (this.#fault.status === undefined) return;
    this.#inner.finish(statusOf(this.#fault));
    this.#cut.abort(new RpcError(Status.CANCELLED, "the test ended the call"));
  }
}
