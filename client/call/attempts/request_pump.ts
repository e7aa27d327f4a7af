import type { ClientCall, Compression } from "../../../transport/transport.ts";

/** A request as it is sent. */
export interface EncodedRequest {
  readonly message: Uint8Array;
  readonly compression: Compression | undefined;
}

/** What is kept of a stream's requests so that they can be sent once more. */
export const KEPT_BYTES = 256 * 1024;
/** The same in requests: each takes memory beside its bytes. */
export const MAX_KEPT_REQUESTS = 1000;

/**
 * Sends the requests of a stream while the responses are received; to another call from the beginning, if the first was
 * refused.
 */
export class RequestPump {
  /** What the caller's own iterable threw. */
  failure: { error: unknown } | undefined;
  readonly #iterator: AsyncIterator<unknown>;
  readonly #encode: (request: unknown) => EncodedRequest;
  #call: ClientCall | undefined;
  #sent: EncodedRequest[] | undefined = [];
  #bytes = 0;
  /** Resolves when what was sent before has been sent again. */
  #sentAgain: Promise<void> | undefined;
  #ended = false;
  #stopped = false;

  /**
   * Makes a pump, which starts with its first call.
   *
   * @param iterator The requests.
   * @param encode Encodes one.
   */
  constructor(iterator: AsyncIterator<unknown>, encode: (request: unknown) => EncodedRequest) {
    this.#iterator = iterator;
    this.#encode = encode;
  }

  /** Whether all that was sent can be sent once more. */
  get canRepeat(): boolean {
    return this.#sent !== undefined && this.failure === undefined;
  }

  /** Sends to a call: what was sent before, and what follows. */
  attach(call: ClientCall): void {
    const first = this.#call === undefined;
    this.#call = call;
    if (!first) this.#sentAgain = this.#sendAgain(call, this.#sent!);
    // deno-lint-ignore dinokit-promise/handled -- its failure is kept
    else void this.#run();
  }

  /** A server processes the call: it is not sent again. */
  forget(): void {
    this.#sent = undefined;
  }

  /** The call has ended: no more requests are asked for. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // The iterable may wait for something that never comes; nobody waits for it here.
    Promise.try(() => this.#iterator.return?.()).catch(() => {});
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#iterator.next();
        // It may be attached to a third call while it waits for the second.
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

  /** Sends what was sent before, as fast as the call takes it, until another call is attached. */
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
