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

/** What the gates of a server share. */
export interface Shared {
  readonly clock: Clock;
  readonly refusals: Refusals;
  readonly strain: Strain;
  readonly overload: Overload | undefined;
}

/** Begins a call. The promise, if there is one, resolves when it has ended; it never rejects. */
export type Begin = (call: ServerCall) => Promise<void> | undefined;

/** What the calls of one method must pass before they begin. */
export class Gate {
  readonly #shared: Shared;
  readonly #rates: readonly RateLimit[];
  readonly #limits: readonly ConcurrencyLimit[];
  readonly #inject: GateRules["inject"];
  readonly #begin: Begin;
  readonly #unary: boolean;
  /** Whether it looks at nothing but the processor. */
  readonly #plain: boolean;

  /**
   * Makes one.
   *
   * @param method Whose calls they are.
   * @param shared What all gates share.
   * @param rates Those that count here: of the method first, so that what it refuses takes nothing from the others.
   * @param limits The same.
   */
  constructor(
    method: Method,
    shared: Shared,
    rates: readonly RateLimit[],
    limits: readonly ConcurrencyLimit[],
    injection: GateRules["inject"],
    begin: Begin,
  ) {
    this.#shared = shared;
    this.#rates = rates;
    this.#unary = method.kind === "unary";
    this.#limits = limits.filter((limit) => this.#unary || !limit.unaryOnly);
    this.#inject = injection;
    this.#begin = begin;
    this.#plain = rates.length === 0 && this.#limits.length === 0 && injection === undefined;
  }

  /** Begins a call, now or later, or refuses it. */
  take(call: ServerCall): void {
    const { strain, overload } = this.#shared;
    strain.came();
    if (overload?.refuses()) return this.#overloaded(call, overload);
    if (this.#plain) return this.#pass(call);
    for (const rate of this.#rates) {
      const wait = rate.take(callerOf(call, rate.rules.by), this.#shared.clock.now());
      if (wait > 0) return this.#tooMany(call, rate, wait);
    }
    this.#enter(call, 0);
  }

  #overloaded(call: ServerCall, { rules: { maxWait } }: Overload): void {
    const text = `the server is overloaded: calls wait more than ${maxWait} ms for the processor (overload.maxWait)`;
    this.#shared.strain.refused();
    this.#shared.refusals.refuse(call, "overload", "overload", { text, pushback: maxWait });
  }

  #tooMany(call: ServerCall, { rules: { rate, by, option } }: RateLimit, pushback: number): void {
    const whose = by === "all" ? "" : by === "peer" ? " of one caller" : ` of one ${by.slice("metadata:".length)}`;
    const text = `more than ${rate} calls a second${whose} (${option})`;
    this.#shared.refusals.refuse(call, "rate", option, { text, pushback });
  }

  /** Passes the limits from the n-th on, then begins. */
  #enter(call: ServerCall, n: number): void {
    const limit = this.#limits[n];
    if (limit === undefined) return this.#pass(call);
    const { refusals, strain } = this.#shared;
    const gone = () => {
      limit.drop(entrant);
      this.#leave(n);
    };
    let waits = false;
    const entrant: Entrant = {
      deadline: call.deadline ?? Infinity,
      begin: () => {
        // Who asks for the signal makes it.
        if (waits) call.signal.removeEventListener("abort", gone);
        this.#enter(call, n + 1);
      },
      refuse: (refused) => {
        if (waits) call.signal.removeEventListener("abort", gone);
        this.#leave(n);
        strain.refused();
        refusals.refuse(call, "concurrency", limit.rules.option, refused);
      },
    };
    waits = limit.enter(entrant);
    if (!waits) return;
    // The deadline ends a call too: the transport has answered it then.
    if (call.signal.aborted) gone();
    else call.signal.addEventListener("abort", gone, { once: true });
  }

  #pass(call: ServerCall): void {
    const { clock, overload } = this.#shared;
    const began = this.#limits.length > 0 ? clock.now() : 0;
    const ended = this.#inject === undefined ? this.#begin(call) : inject(this.#inject, call, () => this.#begin(call));
    if (ended === undefined) return this.#leave(this.#limits.length, began);
    if (overload && this.#unary) {
      overload.began();
      ended.then(overload.ended, overload.ended);
    }
    if (this.#limits.length === 0) return;
    const leave = () => this.#leave(this.#limits.length, began);
    ended.then(leave, leave);
  }

  /** Leaves the first n limits; without `began` a call that has not begun. */
  #leave(n: number, began?: number): void {
    for (let i = 0; i < n; i++) this.#limits[i]!.leave(began);
  }
}
