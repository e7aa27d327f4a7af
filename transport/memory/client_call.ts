import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import { messageExcess } from "../excess.ts";
import type { CallStatus, ClientCall, Compression, MaybePromise } from "../transport.ts";
import type { Call } from "./call.ts";

/** The client's end of a call. */
export class MemoryClientCall implements ClientCall {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get status(): CallStatus | undefined {
    return this.#call.status;
  }

  send(message: Uint8Array, _?: Compression, last = false): MaybePromise<void> {
    const { clientLimits, serverLimits, requests } = this.#call;
    const tooMuch = messageExcess(message.length, clientLimits, "sendMessageBytes");
    if (tooMuch) return this.#call.cut(tooMuch, new RpcError(Status.CANCELLED, "the caller gave the call up"));
    const refused = messageExcess(message.length, serverLimits, "receiveMessageBytes");
    const room = refused ? requests.end(refused) : requests.push(message.slice());
    if (last) requests.end();
    return room;
  }

  end(): void {
    this.#call.requests.end();
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    this.#call.showHeader();
    return this.#call.replies.take();
  }

  cancel(): void {
    this.#call.cancel();
  }
}
