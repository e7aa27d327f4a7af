import type { ClientContext } from "./context.ts";

/** A call whose responses the caller may still read. */
interface RunningCall {
  /** Cancels the call. */
  readonly leaving: AbortController;
  /** The source of the responses; undefined before the call has started. */
  responses: AsyncIterator<unknown> | undefined;
}

/**
 * Cancels calls whose stream was garbage collected before it ended: a caller that calls `next()` by hand may forget
 * `return()`.
 */
const abandoned = new FinalizationRegistry<RunningCall>((call) => {
  call.leaving.abort();
  Promise.try(() => call.responses?.return?.()).catch(() => {});
});

/**
 * The responses of a call, which starts at the first `next()`.
 *
 * It is no generator, because `return()` of a generator waits for the pending `next()`: the caller no longer wants to
 * wait for that.
 */
export class ResponseStream implements AsyncIterableIterator<unknown> {
  readonly #call: RunningCall = { leaving: new AbortController(), responses: undefined };
  readonly #context: ClientContext;
  readonly #start: (context: ClientContext) => Promise<unknown>;
  #started: Promise<AsyncIterator<unknown>> | undefined;

  /**
   * @param context The context of the call.
   * @param start Starts the call, and resolves with an iterable of the responses.
   */
  constructor(context: ClientContext, start: (context: ClientContext) => Promise<unknown>) {
    this.#context = context;
    this.#start = start;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    const { signal } = this.#call.leaving;
    if (!this.#started && signal.aborted) return { done: true, value: undefined };
    try {
      const responses = await (this.#started ??= this.#begin());
      const result = await responses.next();
      if (result.done) abandoned.unregister(this.#call);
      return result;
    } catch (error) {
      abandoned.unregister(this.#call);
      if (signal.aborted) return { done: true, value: undefined };
      throw error;
    }
  }

  /** Cancels the call at once. A pending `next()` resolves with `done`. */
  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    abandoned.unregister(this.#call);
    this.#call.leaving.abort();
    // If the call could not start, next() has rejected with the error.
    const responses = await this.#started?.catch(() => undefined);
    await responses?.return?.();
    return { done: true, value };
  }

  /** Cancels the call, and rejects with the error. `yield*` calls it when an error is thrown into the generator. */
  async throw(error?: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  async #begin(): Promise<AsyncIterator<unknown>> {
    const { signal } = this.#context;
    const { leaving } = this.#call;
    abandoned.register(this, this.#call, this.#call);
    const responses = await this.#start({
      ...this.#context,
      signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
    });
    return this.#call.responses = (responses as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  }
}
