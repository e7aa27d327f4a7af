import { currentScope } from "../../../rpc/context.ts";
import { RpcError } from "../../../rpc/error.ts";
import type { HedgeRules, MethodRules } from "../../../policy/rules.ts";
import { Attempt } from "./attempt.ts";
import { begin } from "./make_attempt.ts";
import { at } from "../responses.ts";
import type { CallPath } from "../shared_state.ts";
import { cancelled, pause } from "../../instances/wait.ts";
import { type Failure, failureOf, finish, type Made, noteOf } from "./attempt_result.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Subchannel } from "../../instances/subchannel.ts";

/**
 * Makes attempts, the next one while those before are slow, until one is the call's: its response has begun first, it failed for good, or it is the
 * last. The others are cancelled.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#hedging-policy
 */
export function hedged(path: CallPath, rules: MethodRules, hedge: HedgeRules, outgoing: Outgoing): Promise<Attempt> {
  const race = new Race(path, rules, hedge, outgoing);
  race.send();
  return race.winner;
}

class Race {
  readonly #path: CallPath;
  readonly #rules: MethodRules;
  readonly #hedge: HedgeRules;
  readonly #outgoing: Outgoing;
  readonly #attempts: number;
  readonly #result = Promise.withResolvers<Attempt>();
  readonly #running = new Set<AbortController>();
  readonly #avoid = new Set<Subchannel>();
  readonly #before: string[] = [];
  #sent = 0;
  #won: AbortController | undefined;
  /** A server said that no more attempts are to be made. */
  #unwanted = false;
  /** What failed last. */
  #last: Made | undefined;
  /** Gives up the wait for the next attempt; undefined if there is none. */
  #next: AbortController | undefined;

  constructor(path: CallPath, rules: MethodRules, hedge: HedgeRules, outgoing: Outgoing) {
    this.#path = path;
    this.#rules = rules;
    this.#hedge = hedge;
    this.#outgoing = outgoing;
    this.#attempts = outgoing.isForRetry ? 1 : hedge.attempts;
  }

  get winner(): Promise<Attempt> {
    return this.#result.promise;
  }

  /** Makes the next attempt now, and the one behind it after the delay. */
  send(): void {
    const lost = new AbortController();
    this.#running.add(lost);
    // deno-lint-ignore dinokit-promise/handled -- its failure is the result
    void this.#run(lost, this.#sent++);
    this.#plan(this.#hedge.delay);
  }

  async #run(lost: AbortController, previous: number): Promise<void> {
    try {
      const made = await this.#attempt(lost, previous);
      this.#running.delete(lost);
      const failure = failureOf(made);
      if (this.#won !== undefined && this.#won !== lost) return made instanceof Attempt ? made.end() : undefined;
      if (failure && this.#goesOnAfter(failure)) this.#failed(failure, made);
      else {
        this.#win(lost);
        if (failure && this.#unwanted) currentScope().retriesExhausted();
        this.#result.resolve(finish(made, noteOf(this.#before)));
      }
    } catch (error) {
      if (this.#win(lost)) this.#result.reject(error);
    }
  }

  async #attempt(lost: AbortController, previous: number): Promise<Made> {
    const { context: { signal, options } } = this.#outgoing;
    try {
      return await begin(this.#path, this.#rules, this.#outgoing, {
        signal: AbortSignal.any(signal ? [signal, lost.signal] : [lost.signal]),
        previous,
        avoid: this.#avoid,
        onHeader: (_, header) => void (this.#win(lost) && options.onHeader?.(header)),
      });
    } catch (error) {
      if (error instanceof RpcError) return error;
      throw error;
    }
  }

  /** Whether the call goes on after a failure. A server that wants no other attempt ends the hedging, not the attempts that run. */
  #goesOnAfter({ code, pushback, lost }: Failure): boolean {
    const never = pushback !== undefined && pushback < 0;
    const passing = this.#hedge.statuses.has(code);
    if (never) this.#unwanted = true;
    if (never || passing) this.#path.budget.failed(lost);
    return never ? this.#running.size > 0 : passing;
  }

  /** An attempt failed, and the call goes on: with the next one now, or when the server wants it, or with those that run. */
  #failed({ text, pushback }: Failure, made: Made): void {
    if (made instanceof Attempt) made.end();
    if (pushback === undefined && this.#mayHedge) {
      this.#before.push(text);
      return this.send();
    }
    this.#plan(pushback ?? 0); // or none, if there may be none
    if (this.#running.size === 0 && this.#next === undefined) return this.#conclude(made);
    this.#before.push(text);
    this.#last = made;
  }

  get #mayHedge(): boolean {
    const { budget, closing } = this.#path;
    const over = this.#won !== undefined || this.#unwanted || closing.signal.aborted ||
      this.#outgoing.context.signal?.aborted;
    return !over && this.#sent < this.#attempts && budget.allows;
  }

  /** Plans the next attempt, in place of the one that was planned. */
  #plan(ms: number): void {
    this.#next?.abort();
    this.#next = undefined;
    const { lateAt, context: { signal } } = this.#outgoing;
    if (!this.#mayHedge || lateAt !== undefined && performance.now() + ms >= lateAt) return;
    if (ms === 0) return this.send();
    const next = this.#next = new AbortController();
    const ends = [next.signal, this.#path.closing.signal];
    const go = () => {
      if (this.#next !== next) return;
      this.#next = undefined;
      if (this.#mayHedge) return this.send();
      if (this.#running.size > 0) return;
      this.#before.pop(); // the last one's
      this.#conclude(this.#last!);
    };
    pause(ms, undefined, AbortSignal.any(signal ? [...ends, signal] : ends)).then(go, go);
  }

  /** All attempts have failed. */
  #conclude(last: Made): void {
    const { method, context: { signal } } = this.#outgoing;
    try {
      if (signal?.aborted) throw at(method, cancelled(signal));
      if (this.#sent > 1 || this.#unwanted) currentScope().retriesExhausted();
      this.#result.resolve(finish(last, noteOf(this.#before)));
    } catch (error) {
      this.#result.reject(error);
    }
  }

  /** The call is this attempt's, unless it is another's: the others are cancelled. */
  #win(lost: AbortController): boolean {
    if (this.#won !== undefined) return this.#won === lost;
    this.#won = lost;
    this.#next?.abort();
    this.#next = undefined;
    for (const one of this.#running) if (one !== lost) one.abort();
    return true;
  }
}
