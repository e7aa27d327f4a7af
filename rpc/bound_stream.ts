import { AsyncLocalStorage } from "node:async_hooks";

type Run = <T>(fn: () => T) => T;

/**
 * A stream of responses that runs in the async context of its creator. The body of a generator otherwise runs in the
 * context of the code that iterates it, and would see other values in AsyncLocalStorage.
 */
class BoundStream implements AsyncIterable<unknown> {
  readonly #run: Run;
  readonly #responses: AsyncIterable<unknown>;

  constructor(run: Run, responses: AsyncIterable<unknown>) {
    this.#run = run;
    this.#responses = responses;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const run = this.#run;
    const iterator = run(() => this.#responses[Symbol.asyncIterator]());
    const next = () => iterator.next();
    return {
      next: () => run(next),
      return: async (value) => await run(() => iterator.return?.(value)) ?? { done: true, value },
    };
  }
}

/**
 * Wraps `start` so that it, and the stream that it resolves with, run in the async context of this call.
 *
 * @param start Resolves with the responses. A stream that is already bound to a context keeps it.
 */
export function inThisContext<Args extends unknown[]>(
  start: (...args: Args) => Promise<unknown>,
): (...args: Args) => Promise<unknown> {
  const run: Run = AsyncLocalStorage.snapshot();
  return async (...args) => {
    const responses = await run(() => start(...args));
    return isAsyncIterable(responses) && !(responses instanceof BoundStream)
      ? new BoundStream(run, responses)
      : responses;
  };
}

/** Whether a value is a stream of responses. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
