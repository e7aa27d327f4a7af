import type { GateRules } from "../../policy/server_rules.ts";
import type { Method } from "../../rpc/service.ts";
import type { ServerCall } from "../../transport/transport.ts";
import { callerOf } from "./caller.ts";
import type { Clock } from "./clock.ts";
import type { ConcurrencyLimit, Entrant } from "./concurrency_limit.ts";
import { inject } from "./injection.ts";
import type { Overload } from "./overload.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { Refusals } from "./refusals.ts";
import type { Strain } from "./strain.ts";

/** The parts that all gates of a server share. */
export interface Shared {
  readonly clock: Clock;
  readonly refusals: Refusals;
  readonly strain: Strain;
  readonly overload: Overload | undefined;
}

/**
 * Begins a call. Returns a promise that resolves when the call has ended, or undefined if it has ended already. The
 * promise never rejects.
 */
export type Begin = (call: ServerCall) => Promise<void> | undefined;

/** The rules of a gate. */
export interface GateSetup {
  /** The parts that all gates of the server share. */
  readonly shared: Shared;
  /** The rate limits that apply to the method. */
  readonly rates: readonly RateLimit[];
  /** The concurrency limits that apply to the method. */
  readonly limits: readonly ConcurrencyLimit[];
  /** The fault to inject; undefined for none. */
  readonly inject: GateRules["inject"];
}

/**
 * The gate of one method. It begins each call now or later, or rejects it. It lets every call pass until it has rules.
 */
export class Gate {
  readonly #begin: Begin;
  readonly #isUnary: boolean;
  #setup: GateSetup | undefined;
  /** Whether the gate only checks for overload. */
  #isPlain = false;

  /**
   * @param method The method.
   * @param begin Begins a call that has passed the gate.
   */
  constructor(method: Method, begin: Begin) {
    this.#isUnary = method.kind === "unary";
    this.#begin = begin;
  }

  /** Removes the rules: every call passes from now on. */
  clearRules(): void {
    this.#setup = undefined;
  }

  /** Sets the rules for new calls. Waiting and in-flight calls keep the rules under which they arrived. */
  setRules(setup: GateSetup): void {
    const limits = setup.limits.filter((limit) => this.#isUnary || !limit.unaryOnly);
    this.#setup = { ...setup, limits };
    this.#isPlain = setup.rates.length === 0 && limits.length === 0 && setup.inject === undefined;
  }

  /** Begins a call now or later, or rejects it. */
  take(call: ServerCall): void {
    const setup = this.#setup;
    if (setup === undefined) return void this.#begin(call);
    const { strain, overload, clock } = setup.shared;
    strain.came();
    if (overload?.refuses()) return refuseOverloaded(call, setup.shared, overload);
    if (this.#isPlain) return this.#pass(call, setup);
    for (const rate of setup.rates) {
      const wait = rate.take(callerOf(call, rate.rules.by), clock.now());
      if (wait > 0) return refuseRate(call, setup.shared, rate, wait);
    }
    this.#enter(call, setup, 0);
  }

  /** Takes a call through the limits from index `n` on, then begins it. */
  #enter(call: ServerCall, setup: GateSetup, n: number): void {
    const limit = setup.limits[n];
    if (limit === undefined) return this.#pass(call, setup);
    const { refusals, strain } = setup.shared;
    const gone = () => {
      limit.drop(entrant);
      leave(setup, n);
    };
    let waits = false;
    const entrant: Entrant = {
      deadline: call.deadline ?? Infinity,
      begin: () => {
        // The signal is created when it is first read, so calls that did not wait must not read it.
        if (waits) call.signal.removeEventListener("abort", gone);
        this.#enter(call, setup, n + 1);
      },
      refuse: (refused) => {
        if (waits) call.signal.removeEventListener("abort", gone);
        leave(setup, n);
        strain.refused();
        refusals.refuse(call, "concurrency", limit.rules.option, refused);
      },
    };
    waits = limit.enter(entrant);
    if (!waits) return;
    // The signal also aborts at the deadline. The transport has already answered the call then.
    if (call.signal.aborted) gone();
    else call.signal.addEventListener("abort", gone, { once: true });
  }

  #pass(call: ServerCall, setup: GateSetup): void {
    const { limits, inject: fault, shared: { clock, overload } } = setup;
    const began = limits.length > 0 ? clock.now() : 0;
    const ended = fault === undefined ? this.#begin(call) : inject(fault, call, () => this.#begin(call));
    if (ended === undefined) return leave(setup, limits.length, began);
    if (overload && this.#isUnary) {
      overload.began();
      ended.then(overload.ended, overload.ended);
    }
    if (limits.length === 0) return;
    const left = () => leave(setup, limits.length, began);
    ended.then(left, left);
  }
}

/** Leaves the first `n` limits. `began` is when the call began; undefined if it never did. */
function leave({ limits }: GateSetup, n: number, began?: number): void {
  for (let i = 0; i < n; i++) limits[i]!.leave(began);
}

function refuseOverloaded(call: ServerCall, { strain, refusals }: Shared, { rules: { maxWait } }: Overload): void {
  const text = `the server is overloaded: calls wait more than ${maxWait} ms for the processor (overload.maxWait)`;
  strain.refused();
  refusals.refuse(call, "overload", "overload", { text, pushback: maxWait });
}

function refuseRate(
  call: ServerCall,
  { refusals }: Shared,
  { rules: { rate, by, option } }: RateLimit,
  pushback: number,
): void {
  const whose = by === "all" ? "" : by === "peer" ? " of one caller" : ` of one ${by.slice("metadata:".length)}`;
  const text = `more than ${rate} calls a second${whose} (${option})`;
  refusals.refuse(call, "rate", option, { text, pushback });
}
