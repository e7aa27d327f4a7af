import { createLogger } from "../base/logger.ts";
import { checkOptions } from "../base/options/check_options.ts";
import { type Fields, milliseconds, or, orInfinity, section } from "../base/options/fields.ts";
import { within } from "../base/wait.ts";
import { currentScope, runInScope, type Scope } from "./context.ts";
import { RpcError } from "./error.ts";
import { Status } from "./status.ts";

/** The options of {@linkcode detached}. */
export interface DetachedOptions {
  /**
   * How long the work may take, in milliseconds; `Infinity` sets no limit. A server that drains waits at most its
   * `drainTimeout`.
   * @default {30000}
   */
  timeout?: number;
}

/** The declarations of {@linkcode DetachedOptions}. */
export const DETACHED_OPTIONS = { timeout: or(orInfinity(milliseconds()), 30_000) } satisfies Fields<DetachedOptions>;
const DECLARED = { ...section<DetachedOptions>(DETACHED_OPTIONS), use: "{ timeout: 5000 }" };

/**
 * Runs `fn` without the deadline and the cancellation of the surrounding call: for compensation after a failure, audit,
 * and work after the reply. The work keeps the metainfo, the request id, the trace and the {@linkcode CurrentCall} of
 * the call. Calls that it makes end by its own timeout and signal.
 *
 * A server that drains waits for the detached work of its calls within `drainTimeout`, then aborts the signal of the
 * work. Work that begins after the drain runs too, but the server does not wait for it. The `signal` and the `deadline`
 * of the call's context stay those of the call.
 *
 * If nothing awaits the result, an error is logged; it never becomes an unhandled rejection.
 *
 * @example
 * ```ts
 * import { detached } from "../mod.ts";
 *
 * const release = (item: string, signal: AbortSignal) => console.log("released", item, signal.aborted);
 *
 * async function reserve(item: string): Promise<void> {
 *   try {
 *     await Promise.reject(new Error("the deadline passed"));
 *   } catch {
 *     await detached((signal) => release(item, signal), { timeout: 5000 });
 *   }
 * }
 * await reserve("tea"); // released tea false
 * ```
 *
 * @param fn The work. Its signal aborts when `timeout` has passed or the server has drained. The reason is an
 * {@linkcode RpcError}.
 * @param options The options.
 * @returns The result of `fn`. Rejects with the reason of the signal if that aborts first.
 * @throws {TypeError} If an option is unknown or malformed.
 * @throws {RangeError} If `timeout` is less than 1 ms.
 */
export function detached<T>(
  fn: (signal: AbortSignal) => T | PromiseLike<T>,
  options: DetachedOptions = {},
): Promise<T> {
  const { timeout } = checkOptions<Required<DetachedOptions>>("detached", DECLARED, options);
  const surrounding = currentScope();
  const controller = new AbortController();
  const { signal } = controller;
  const scope = new DetachedScope(surrounding, signal, performance.now() + timeout);
  const work = runInScope(scope, () => Promise.try(() => fn(signal)));
  const fail = (): never => {
    throw signal.reason;
  };
  const expire = () => {
    controller.abort(late(timeout));
    return fail();
  };
  const result = within(work, timeout, expire, signal, fail);
  const ended = result.catch(() => {});
  surrounding.detachedWork?.add({ ended, abort: (reason) => controller.abort(reason) });
  return new WatchedPromise(result, (error) => {
    (surrounding.call?.logger ?? createLogger()).error("detached work has failed", { error });
  });
}

const late = (timeout: number) =>
  new RpcError(Status.DEADLINE_EXCEEDED, `the detached work did not end within ${timeout} ms (timeout)`);

/** The scope of detached work: that of the surrounding call, with other limits. */
class DetachedScope implements Scope {
  readonly #surrounding: Scope;
  readonly signal: AbortSignal;
  readonly lateAt: number | undefined;

  constructor(surrounding: Scope, signal: AbortSignal, lateAt: number) {
    this.#surrounding = surrounding;
    this.signal = signal;
    this.lateAt = lateAt === Infinity ? undefined : lateAt;
  }

  get outgoing(): Scope["outgoing"] {
    return this.#surrounding.outgoing;
  }
  get source(): Scope["source"] {
    return this.#surrounding.source;
  }
  get call(): Scope["call"] {
    return this.#surrounding.call;
  }
  get detachedWork(): Scope["detachedWork"] {
    return this.#surrounding.detachedWork;
  }

  /** The caller may retry its call, which does not depend on this work. */
  retriesExhausted(): void {}
}

/** A promise that reports its rejection to a function if nothing has awaited it by then. */
class WatchedPromise<T> extends Promise<T> {
  #awaited = false;

  /** Promises that are derived from this one are plain. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(result: Promise<T>, onUnseen: (error: unknown) => void) {
    super((resolve) => resolve(result));
    super.then(undefined, (error) => this.#awaited || onUnseen(error));
  }

  // `await`, `catch()` and `finally()` call `then()` of a subclass of Promise.
  override then<A = T, B = never>(
    onResolved?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaited = true;
    return super.then(onResolved, onRejected);
  }
}
