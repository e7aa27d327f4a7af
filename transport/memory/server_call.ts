import { Metadata } from "../../rpc/metadata.ts";
import type { Peer } from "../../rpc/peer.ts";
import { addSource } from "../../rpc/source_headers.ts";
import { messageExcess } from "../excess.ts";
import type { CallStart, CallStatus, MaybePromise, ServerCall } from "../transport.ts";
import { type Call, copyOf } from "./call.ts";

/** The server's end of a call. */
export class MemoryServerCall implements ServerCall {
  readonly path: string;
  readonly peer: Peer;
  readonly metadata: Metadata;
  readonly deadline: number | undefined;
  #call: Call;
  #controller: AbortController | undefined;

  constructor(call: Call, start: CallStart, peer: Peer) {
    this.path = start.path;
    this.peer = peer;
    this.metadata = copyOf(addSource(start.metadata, start.source));
    this.deadline = start.deadline;
    this.#call = call;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = this.#controller = new AbortController();
      if (this.#call.reason) controller.abort(this.#call.reason);
      else this.#call.onAbort = (reason) => controller.abort(reason);
    }
    return this.#controller.signal;
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    return this.#call.requests.take();
  }

  sendHeader(header: Metadata): void {
    this.#call.sendHeader(header);
  }

  send(message: Uint8Array): MaybePromise<void> {
    const call = this.#call;
    const tooMuch = messageExcess(message.length, call.serverLimits, "sendMessageBytes");
    if (tooMuch) return call.cut(tooMuch, tooMuch, "server");
    call.sendHeader(NO_HEADER);
    const refused = messageExcess(message.length, call.clientLimits, "receiveMessageBytes");
    return refused ? call.refuse(refused) : call.replies.push(message.slice());
  }

  finish(status: CallStatus): void {
    this.#call.finish(status);
  }
}

const NO_HEADER = new Metadata();
