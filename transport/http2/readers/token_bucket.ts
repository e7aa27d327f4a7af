import { ConnectionError, ErrorCode } from "../protocol/error.ts";

/** How many tokens are added per second. */
const TOKENS_PER_SECOND = 100;
/** How many tokens are added per useful frame. */
const TOKENS_PER_USEFUL_FRAME = 4;

/**
 * A token bucket against floods of frames that cost the peer little and this side work (RFC 9113, section 10.5). Each
 * such frame takes a token; time and useful frames add tokens. Added tokens are computed only when the bucket is empty.
 */
export class TokenBucket {
  readonly #limit: string;
  readonly #burst: number;
  readonly #useful: () => number;
  #tokens: number;
  #filledAt: number = performance.now();
  #usefulAt = 0;

  /**
   * Creates a full bucket.
   *
   * @param limit The name of the limit, for the error.
   * @param burst The size of the bucket.
   * @param useful Returns the number of useful frames so far.
   */
  constructor(limit: string, burst: number, useful: () => number) {
    this.#limit = limit;
    this.#burst = burst;
    this.#useful = useful;
    this.#tokens = burst;
  }

  /**
   * Takes a token.
   *
   * @param events What the peer does, for the error.
   * @throws {ConnectionError} ENHANCE_YOUR_CALM if no token is left.
   */
  spend(events: string): void {
    if (this.#tokens-- > 0) return;
    const now = performance.now(), useful = this.#useful();
    const earned = (useful - this.#usefulAt) * TOKENS_PER_USEFUL_FRAME +
      (now - this.#filledAt) / 1000 * TOKENS_PER_SECOND;
    this.#tokens = Math.min(this.#burst, Math.floor(earned));
    this.#filledAt = now;
    this.#usefulAt = useful;
    if (this.#tokens-- > 0) return;
    throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, `too many ${events} (limits.${this.#limit})`, this.#limit);
  }
}
