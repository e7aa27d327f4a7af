import type { RetryBudget as Rules } from "../../../policy/policy.ts";
import type { Connection } from "../../../transport/transport.ts";

/**
 * What the retries and hedges of a client may add to its calls: A6's bucket of tokens. It is told by what is missing in
 * it, so that a change of its size keeps its state.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs
 */
export class RetryBudget {
  readonly #rules: () => Required<Rules>;
  #missing = 0;
  /** The connections whose loss has been counted. */
  readonly #lost = new WeakSet<Connection>();

  /** @param rules What holds now. */
  constructor(rules: () => Required<Rules>) {
    this.#rules = rules;
  }

  /** Whether another attempt may be sent: the bucket is more than half full. */
  get allows(): boolean {
    return this.#missing < this.#rules().tokens / 2;
  }

  /**
   * An attempt failed with a status after which it could be tried again, or the server says that it must not.
   *
   * @param lost The connection, if it was lost: one failure, however many attempts it ends.
   */
  failed(lost?: Connection): void {
    if (lost && this.#lost.has(lost)) return;
    if (lost) this.#lost.add(lost);
    this.#missing = Math.min(this.#missing + 1, this.#rules().tokens);
  }

  /** A call succeeded. */
  succeeded(): void {
    this.#missing = Math.max(this.#missing - this.#rules().ratio, 0);
  }
}
