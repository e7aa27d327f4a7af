import { AsyncLocalStorage } from "node:async_hooks";

type Run = <T>(fn: () => T) => T;

/**
 * Responses that are made in the async context of another place than the one that iterates them: what AsyncLocalStorage
 * holds there holds in the body of a generator, which runs where it is iterated.
 */
class HeldStream implements AsyncIterable<unknown> {
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
 * A function that resolves with responses, and which they are made by, in the async context of here.
 *
 * @param start Resolves with an iterable of them. One that is held in a context already stays in that.
 */
export function heldHere<Args extends unknown[]>(
  start: (...args: Args) => Promise<unknown>,
): (...args: Args) => Promise<unknown> {
  const run: Run = AsyncLocalStorage.snapshot();
  return async (...args) => {
    const responses = await run(() => start(...args));
    return isAsyncIterable(responses) && !(responses instanceof HeldStream)
      ? new HeldStream(run, responses)
      : responses;
  };
}

/** Whether a value is a stream of responses. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
