import { sleep } from "../../../base/wait.ts";
import { currentScope } from "../../../rpc/context.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import type { HedgeRules, MethodRules } from "../../../policy/client_rules.ts";
import type { Subchannel } from "../../instances/subchannel.ts";
import { cancelled } from "../../instances/wait.ts";
import { withPath } from "../errors.ts";
import type { SharedState } from "../shared_state.ts";
import { Attempt } from "./attempt.ts";
import { type AttemptResult, type Failure, failureOf, finish, noteOf } from "./attempt_result.ts";
import { makeAttempt } from "./make_attempt.ts";
import type { Outgoing } from "./outgoing.ts";

/**
 * Sends further attempts while earlier ones are slow. The first attempt wins whose response begins or that fails for
 * good; the others are cancelled. If all fail, the last one's failure is the call's.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#hedging-policy
 */
export function hedged(
  shared: SharedState,
  rules: MethodRules,
  hedge: HedgeRules,
  outgoing: Outgoing,
): Promise<Attempt> {
  const race = new Race(shared, rules, hedge, outgoing);
  race.send();
  return race.winner;
}

/** The attempts of one call. Each has a controller, which cancels it and identifies it. */
class Race {
  readonly #shared: SharedState;
  readonly #rules: MethodRules;
  readonly #hedge: HedgeRules;
  readonly #outgoing: Outgoing;
  readonly #maxAttempts: number;
  readonly #result = Promise.withResolvers<Attempt>();
  readonly #running = new Set<AbortController>();
  readonly #tried = new Set<Subchannel>();
  /** How the attempts that the call went on without failed. */
  readonly #earlier: string[] = [];
  #sent = 0;
  #winner: AbortController | undefined;
  /** Whether a server has forbidden further attempts. */
  #forbidden = false;
  /** The latest failure. */
  #last: AttemptResult | undefined;
  /** Cancels the planned attempt; undefined if none is planned. */
  #planned: AbortController | undefined;

  constructor(shared: SharedState, rules: MethodRules, hedge: HedgeRules, outgoing: Outgoing) {
    this.#shared = shared;
    this.#rules = rules;
    this.#hedge = hedge;
    this.#outgoing = outgoing;
    this.#maxAttempts = outgoing.isForRetry ? 1 : hedge.attempts;
  }

  get winner(): Promise<Attempt> {
    return this.#result.promise;
  }

  /** Makes the next attempt now, and plans the one after it. */
  send(): void {
    const controller = new AbortController();
    this.#running.add(controller);
    // deno-lint-ignore dinokit-promise/handled -- its failure is the result
    void this.#run(controller, this.#sent++);
    this.#plan(this.#hedge.delay);
  }

  async #run(controller: AbortController, previous: number): Promise<void> {
    try {
      const result = await this.#attempt(controller, previous);
      this.#running.delete(controller);
      const failure = failureOf(result);
      if (this.#winner !== undefined && this.#winner !== controller) {
        return result instanceof Attempt ? result.end() : undefined;
      }
      if (failure && this.#noteFailure(failure)) this.#failed(failure, result);
      else {
        this.#win(controller);
        if (failure && this.#forbidden) currentScope().retriesExhausted();
        this.#result.resolve(finish(result, noteOf(this.#earlier)));
      }
    } catch (error) {
      if (this.#win(controller)) this.#result.reject(error);
    }
  }

  async #attempt(controller: AbortController, previous: number): Promise<AttemptResult> {
    const { context: { signal, options } } = this.#outgoing;
    try {
      return await makeAttempt(this.#shared, this.#rules, this.#outgoing, {
        signal: AbortSignal.any(signal ? [signal, controller.signal] : [controller.signal]),
        previous,
        tried: this.#tried,
        expiresInSilence: this.#hedge.statuses.has(Status.UNAVAILABLE),
        onHeader: (header) => void (this.#win(controller) && options.onHeader?.(header)),
      });
    } catch (error) {
      if (error instanceof RpcError) return error;
      throw error;
    }
  }

  /**
   * Counts a failure. Returns whether the call goes on: a server that forbids further attempts does not end those that
   * run.
   */
  #noteFailure({ code, pushback, lost }: Failure): boolean {
    const forbidden = pushback !== undefined && pushback < 0;
    const passing = this.#hedge.statuses.has(code);
    if (forbidden) this.#forbidden = true;
    if (forbidden || passing) this.#shared.budget.failed(lost);
    return forbidden ? this.#running.size > 0 : passing;
  }

  /**
   * Continues after a failure: with the next attempt now, or after the server's pushback, or with the attempts that
   * run.
   */
  #failed({ text, pushback }: Failure, result: AttemptResult): void {
    if (result instanceof Attempt) result.end();
    if (pushback === undefined && this.#mayHedge) {
      this.#earlier.push(text);
      return this.send();
    }
    this.#plan(pushback ?? 0); // plans nothing if no further attempt is allowed
    if (this.#running.size === 0 && this.#planned === undefined) return this.#conclude(result);
    this.#earlier.push(text);
    this.#last = result;
  }

  get #mayHedge(): boolean {
    const { budget, closing } = this.#shared;
    const over = this.#winner !== undefined || this.#forbidden || closing.signal.aborted ||
      this.#outgoing.context.signal?.aborted;
    return !over && this.#sent < this.#maxAttempts && budget.allows;
  }

  /** Plans the next attempt. It replaces the one that was planned. */
  #plan(ms: number): void {
    this.#planned?.abort();
    this.#planned = undefined;
    const { lateAt, context: { signal } } = this.#outgoing;
    if (!this.#mayHedge || lateAt !== undefined && performance.now() + ms >= lateAt) return;
    if (ms === 0) return this.send();
    const planned = this.#planned = new AbortController();
    const signals = [planned.signal, this.#shared.closing.signal];
    const go = () => {
      if (this.#planned !== planned) return;
      this.#planned = undefined;
      if (this.#mayHedge) return this.send();
      if (this.#running.size > 0) return;
      this.#earlier.pop(); // the failure of #last
      this.#conclude(this.#last!);
    };
    sleep(ms, AbortSignal.any(signal ? [...signals, signal] : signals)).then(go, go);
  }

  /** All attempts have failed. */
  #conclude(last: AttemptResult): void {
    const { method, context: { signal } } = this.#outgoing;
    try {
      if (signal?.aborted) throw withPath(method, cancelled(signal));
      if (this.#sent > 1 || this.#forbidden) currentScope().retriesExhausted();
      this.#result.resolve(finish(last, noteOf(this.#earlier)));
    } catch (error) {
      this.#result.reject(error);
    }
  }

  /**
   * Makes an attempt the winner, and cancels the others.
   *
   * @returns Whether it is the winner; false if another one is.
   */
  #win(controller: AbortController): boolean {
    if (this.#winner !== undefined) return this.#winner === controller;
    this.#winner = controller;
    this.#planned?.abort();
    this.#planned = undefined;
    for (const running of this.#running) if (running !== controller) running.abort();
    return true;
  }
}
