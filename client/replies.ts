import type { ClientContext } from "./call.ts";

/**
 * The responses of a call. It starts at the first `next()`.
 *
 * No generator: its `return()` would wait for the pending `next()`, which is what the caller no longer wants to wait for.
 */
export class Replies implements AsyncIterableIterator<unknown> {
  readonly #leaving = new AbortController();
  readonly #context: ClientContext;
  readonly #start: (context: ClientContext) => Promise<unknown>;
  #started: Promise<AsyncIterator<unknown>> | undefined;

  /**
   * @param context The call's.
   * @param start Starts the call: resolves with an iterable of the responses.
   */
  constructor(context: ClientContext, start: (context: ClientContext) => Promise<unknown>) {
    this.#context = context;
    this.#start = start;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (!this.#started && this.#leaving.signal.aborted) return { done: true, value: undefined };
    try {
      const replies = await (this.#started ??= this.#begin());
      return await replies.next();
    } catch (error) {
      if (this.#leaving.signal.aborted) return { done: true, value: undefined };
      throw error;
    }
  }

  /** Gives the call up at once; a `next()` that waits says that it is over. */
  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.#leaving.abort();
    // It failed at the start: next() has told.
    const replies = await this.#started?.catch(() => undefined);
    await replies?.return?.();
    return { done: true, value };
  }

  async #begin(): Promise<AsyncIterator<unknown>> {
    const { signal } = this.#context;
    const replies = await this.#start({
      ...this.#context,
      signal: signal ? AbortSignal.any([signal, this.#leaving.signal]) : this.#leaving.signal,
    });
    return (replies as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  }
}
