import type { ClientContext } from "./context.ts";

/** A call whose responses somebody may still want. */
interface Held {
  /** Gives the call up. */
  readonly leaving: AbortController;
  /** Where the responses come from, once the call has started. */
  responses: AsyncIterator<unknown> | undefined;
}

/**
 * Gives up the calls of those who took their responses by hand, and neither finished nor left: nobody can reach them
 * any more.
 */
const abandoned = new FinalizationRegistry<Held>((held) => {
  held.leaving.abort();
  Promise.try(() => held.responses?.return?.()).catch(() => {});
});

/**
 * The responses of a call. It starts at the first `next()`.
 *
 * No generator: its `return()` would wait for the pending `next()`, which is what the caller no longer wants to wait
 * for.
 */
export class ResponseStream implements AsyncIterableIterator<unknown> {
  readonly #held: Held = { leaving: new AbortController(), responses: undefined };
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
    const { signal } = this.#held.leaving;
    if (!this.#started && signal.aborted) return { done: true, value: undefined };
    try {
      const responses = await (this.#started ??= this.#begin());
      const result = await responses.next();
      if (result.done) abandoned.unregister(this.#held);
      return result;
    } catch (error) {
      abandoned.unregister(this.#held);
      if (signal.aborted) return { done: true, value: undefined };
      throw error;
    }
  }

  /** Gives the call up at once; a `next()` that waits says that it is over. */
  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    abandoned.unregister(this.#held);
    this.#held.leaving.abort();
    // It failed at the start: next() has told.
    const responses = await this.#started?.catch(() => undefined);
    await responses?.return?.();
    return { done: true, value };
  }

  /**
   * Gives the call up, and fails with the error. `yield*` of a generator calls it where an error is thrown into that.
   */
  async throw(error?: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  async #begin(): Promise<AsyncIterator<unknown>> {
    const { signal } = this.#context;
    const { leaving } = this.#held;
    abandoned.register(this, this.#held, this.#held);
    const responses = await this.#start({
      ...this.#context,
      signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
    });
    return this.#held.responses = (responses as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  }
}
