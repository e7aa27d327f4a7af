import type { ClientCall, Compression } from "../../../transport/transport.ts";

/** A request in the form in which it is sent. */
export interface EncodedRequest {
  readonly message: Uint8Array;
  readonly compression: Compression | undefined;
}

/** The maximum number of bytes of a stream's requests that are kept, so that another attempt can send them again. */
export const KEPT_BYTES = 256 * 1024;
/** The maximum number of kept requests: each has an overhead beyond its bytes. */
export const MAX_KEPT_REQUESTS = 1000;

/**
 * Sends a stream of requests while the responses arrive. Another attempt of the call gets all requests from the first
 * one on.
 */
export class RequestPump {
  /** What the caller's iterable threw. */
  failure: { error: unknown } | undefined;
  readonly #iterator: AsyncIterator<unknown>;
  readonly #encode: (request: unknown) => EncodedRequest;
  #call: ClientCall | undefined;
  #sent: EncodedRequest[] | undefined = [];
  #bytes = 0;
  /** Resolves when the earlier requests have been sent again. */
  #sentAgain: Promise<void> | undefined;
  #ended = false;
  #stopped = false;

  /**
   * Creates a pump, which starts when a call is attached.
   *
   * @param iterator The requests.
   * @param encode Encodes a request.
   */
  constructor(iterator: AsyncIterator<unknown>, encode: (request: unknown) => EncodedRequest) {
    this.#iterator = iterator;
    this.#encode = encode;
  }

  /** Whether all sent requests are kept, and can be sent again. */
  get canRepeat(): boolean {
    return this.#sent !== undefined && this.failure === undefined;
  }

  /** Sends the requests to a call from now on. If it is not the first call, the earlier requests are sent again. */
  attach(call: ClientCall): void {
    const first = this.#call === undefined;
    this.#call = call;
    if (!first) this.#sentAgain = this.#sendAgain(call, this.#sent!);
    // deno-lint-ignore dinokit-promise/handled -- its failure is kept
    else void this.#run();
  }

  /** Releases the sent requests: they are not sent again. */
  forget(): void {
    this.#sent = undefined;
  }

  /** Stops reading the caller's requests: the call has ended. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // The caller's iterable may never end, so nothing waits for it.
    Promise.try(() => this.#iterator.return?.()).catch(() => {});
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#iterator.next();
        // A third call may be attached while the second one catches up.
        for (let again; again !== this.#sentAgain;) await (again = this.#sentAgain);
        if (this.#stopped) return;
        if (done) {
          this.#ended = true;
          return this.#call!.end();
        }
        const request = this.#encode(value);
        this.#keep(request);
        await this.#call!.send(request.message, request.compression);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends the earlier requests at the pace of the call, until another call is attached. */
  async #sendAgain(call: ClientCall, requests: readonly EncodedRequest[]): Promise<void> {
    try {
      for (const { message, compression } of requests) {
        await call.send(message, compression);
        if (this.#call !== call || this.#stopped) return;
      }
      if (this.#ended) call.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.failure = { error };
    this.#call!.cancel();
  }

  #keep(request: EncodedRequest): void {
    if (this.#sent === undefined) return;
    this.#bytes += request.message.length;
    if (this.#bytes > KEPT_BYTES || this.#sent.length === MAX_KEPT_REQUESTS) this.#sent = undefined;
    else this.#sent.push(request);
  }
}
