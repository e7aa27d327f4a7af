import { NO_BYTES } from "../../base/bytes.ts";
import type { Stream, StreamEvents } from "../http2/stream.ts";
import { ErrorCode } from "../http2/error.ts";
import type { CallHost } from "./call_host.ts";
import type { Refusal } from "./request.ts";
import { plainAnswer } from "./response.ts";

/** A request that is not gRPC. It is read to its end, and then gets an HTTP error. */
export class PlainCall implements StreamEvents {
  readonly #host: CallHost;
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
  constructor(host: CallHost, stream: Stream, refusal: Refusal, ended: boolean) {
    this.#host = host;
    this.#stream = stream;
    this.#refusal = refusal;
    stream.events = this;
    if (ended) this.#answer();
  }

  /** Ends the call because the server stops. */
  cut(): void {
    this.#host.connection.reset(this.#stream, ErrorCode.CANCEL);
  }

  onHeaders(): void {
    this.#answer();
  }

  onData(_: Uint8Array, start: number, end: number, last: boolean): void {
    const { window } = this.#host.connection;
    window.release(end - start);
    window.consume(this.#stream, end - start);
    if (last) this.#answer();
  }

  onReset(): void {}
  onLost(): void {}
  onDrained(): void {}

  #answer(): void {
    const { fields, body } = plainAnswer(this.#refusal);
    const { connection } = this.#host;
    connection.sendHeaders(this.#stream, fields, false);
    connection.sendData(this.#stream, NO_BYTES, body, true);
    this.#host.wake();
  }
}
