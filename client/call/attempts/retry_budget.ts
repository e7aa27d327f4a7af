import type { RetryBudget as Rules } from "../../../policy/policy.ts";
import type { Connection } from "../../../transport/transport.ts";

/**
 * Limits how many attempts the retries and hedges of a client add to its calls: A6's token bucket. It counts the
 * missing tokens, so that it keeps its state when the policy changes its size.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs
 */
export class RetryBudget {
  readonly #rules: () => Required<Rules>;
  #missing = 0;
  /** The connections whose loss is counted already. */
  readonly #lost = new WeakSet<Connection>();

  /** @param rules Returns the rules at this moment. */
  constructor(rules: () => Required<Rules>) {
    this.#rules = rules;
  }

  /** Whether a further attempt is allowed: the bucket is more than half full. */
  get allows(): boolean {
    return this.#missing < this.#rules().tokens / 2;
  }

  /**
   * Takes a token: an attempt failed with a status that may be retried, or the server forbids another attempt.
   *
   * @param lost The connection, if it was lost. It costs one token, however many attempts it ends.
   */
  failed(lost?: Connection): void {
    if (lost && this.#lost.has(lost)) return;
    if (lost) this.#lost.add(lost);
    this.#missing = Math.min(this.#missing + 1, this.#rules().tokens);
  }

  /** Gives back a part of a token: a call succeeded. */
  succeeded(): void {
    this.#missing = Math.max(this.#missing - this.#rules().ratio, 0);
  }
}
