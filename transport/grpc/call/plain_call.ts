import { NO_BYTES } from "../../../base/bytes.ts";
import type { Stream, StreamEvents } from "../../http2/state/stream.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import type { HostedCall, ServerCallHost } from "./call_host.ts";
import type { Refusal } from "../headers/request.ts";
import { plainAnswer } from "../headers/response.ts";

/** A request that is not gRPC. It is read to its end, and then gets an HTTP error. */
export class PlainCall implements HostedCall, StreamEvents {
  readonly partial = 0;
  slot = -1;
  readonly #host: ServerCallHost;
  readonly #stream: Stream;
  readonly #refusal: Refusal;

  /**
   * Handles a request.
   *
   * @param host The connection.
   * @param stream Its stream.
   * @param refusal Why it is not gRPC.
   * @param ended Whether the request is complete.
   */
  constructor(host: ServerCallHost, stream: Stream, refusal: Refusal, ended: boolean) {
    this.#host = host;
    this.#stream = stream;
    this.#refusal = refusal;
    stream.events = this;
    host.calls.add(this);
    if (ended) this.#answer();
  }

  cut(): void {
    this.#host.calls.delete(this);
    this.#host.connection.reset(this.#stream, ErrorCode.CANCEL);
  }

  onHeaders(): void {
    this.#answer();
  }

  onData(_: Uint8Array, start: number, end: number, last: boolean): void {
    const { receiveWindow: window } = this.#host.connection;
    window.release(end - start);
    window.consume(this.#stream, end - start);
    if (last) this.#answer();
  }

  onReset(): void {
    this.#host.calls.delete(this);
  }

  onLost(): void {
    this.#host.calls.delete(this);
  }

  onQueueSent(): void {}

  #answer(): void {
    const { fields, body } = plainAnswer(this.#refusal);
    const { connection, calls } = this.#host;
    calls.delete(this);
    connection.sendHeaders(this.#stream, fields, false);
    connection.sendData(this.#stream, NO_BYTES, body, true);
    this.#host.wake();
  }
}
