import { PolicyMisfit, serverMisfits } from "../../policy/fit.ts";
import { checkServerMethods } from "../../policy/in_code.ts";
import { mergePolicy } from "../../policy/merge.ts";
import type { PolicySource, ServerPolicy } from "../../policy/policy.ts";
import {
  type ConcurrencyRules,
  gateRules,
  type OverloadRules,
  type RateRules,
  sharedRules,
} from "../../policy/server_rules.ts";
import type { Logger } from "../../base/logger.ts";
import type { Method } from "../../rpc/service.ts";
import { CLOCK, type Clock } from "./clock.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import { type Begin, Gate } from "./gate.ts";
import { Overload } from "./overload.ts";
import { RateLimit } from "./rate_limit.ts";
import { type Protection, Refusals } from "./refusals.ts";
import { Strain } from "./strain.ts";

/** What an admission works with. */
export interface AdmissionSetup {
  /** What stands in the options. */
  readonly policy: ServerPolicy;
  /** What replaces it while the server runs. */
  readonly source: PolicySource<ServerPolicy> | undefined;
  readonly allowInjection: boolean;
  readonly logger: Logger;
  /** Told when the server has been overloaded for long, and when it is over. */
  onStrain(strained: boolean): void;
  /** @default the time */
  readonly clock?: Clock;
}

/** A method whose calls are watched over, and who is told of its gate. */
interface Guarded {
  readonly method: Method;
  readonly begin: Begin;
  tell(gate: Gate | undefined): void;
  rate?: RateLimit;
  concurrency?: ConcurrencyLimit;
}

/** Services that answer always: who asks whether the server is well must be told so when it is not. */
const EXEMPT = ["/grpc.health.", "/grpc.reflection."];

/**
 * What a server takes, by its policy: a gate for each method. Changes of the policy come while it runs; what they don't touch keeps its state.
 * Calls that were begun under another limit are not counted by a new one.
 */
export class Admission {
  readonly #setup: AdmissionSetup;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  readonly #strain: Strain;
  readonly #guarded: Guarded[] = [];
  #policy: ServerPolicy;
  #rate: RateLimit | undefined;
  #concurrency: ConcurrencyLimit | undefined;
  #overload: Overload | undefined;
  #watch: { close(): void } | undefined;
  #warned = false;

  constructor(setup: AdmissionSetup) {
    this.#setup = setup;
    this.#policy = setup.policy;
    this.#clock = setup.clock ?? CLOCK;
    this.#refusals = new Refusals(setup.logger, this.#clock);
    this.#strain = new Strain(this.#clock, (strained) => setup.onStrain(strained));
  }

  get #methods(): Method[] {
    return this.#guarded.map(({ method }) => method);
  }

  /** How many calls were refused, or not begun, by why. */
  get counts(): ReadonlyMap<Protection, number> {
    return this.#refusals.counts;
  }

  /**
   * Watches over the calls of a method.
   *
   * @param begin What begins one.
   * @param tell Told of its gate, undefined for none, when the admission opens and after each change.
   */
  guard(method: Method, begin: Begin, tell: (gate: Gate | undefined) => void): void {
    if (EXEMPT.some((start) => method.path.startsWith(start))) return;
    this.#guarded.push({ method, begin, tell });
  }

  /** A call was not begun, as its deadline had passed. */
  late(): void {
    this.#refusals.count("deadline");
  }

  /**
   * Makes the gates, and begins to watch the source.
   *
   * @throws {TypeError} If the policy of the options names a method that there is not.
   */
  open(): void {
    checkServerMethods("createServer", this.#policy, this.#methods);
    this.#apply();
    this.#watch = this.#setup.source?.watch((policy) => this.#changed(policy), this.#setup.logger);
  }

  /** Ends its timers and the watch. */
  close(): void {
    this.#watch?.close();
    this.#strain.close();
    this.#overload?.close();
    this.#concurrency?.close();
    for (const { concurrency } of this.#guarded) concurrency?.close();
  }

  #changed(policy: ServerPolicy): void {
    const merged = mergePolicy(this.#setup.policy, policy);
    const misfits = serverMisfits(merged, this.#methods);
    if (misfits.length > 0) throw new PolicyMisfit(misfits);
    this.#policy = merged;
    this.#apply();
  }

  #apply(): void {
    const { rate, concurrency, overload } = sharedRules(this.#policy);
    this.#rate = this.#rated(this.#rate, rate);
    this.#concurrency = this.#limited(this.#concurrency, concurrency);
    this.#overload = this.#guardedFrom(overload);
    this.#strain.after = overload?.unreadyAfter ?? Infinity;
    for (const guarded of this.#guarded) this.#gate(guarded);
  }

  #gate(guarded: Guarded): void {
    const { method, begin, tell } = guarded;
    const rules = gateRules(this.#policy, method);
    guarded.rate = this.#rated(guarded.rate, rules.rate);
    guarded.concurrency = this.#limited(guarded.concurrency, rules.concurrency);
    const rates = [guarded.rate, this.#rate].filter((one) => one !== undefined);
    const limits = [guarded.concurrency, this.#concurrency].filter((one) => one !== undefined);
    const inject = rules.inject && this.#allowed() ? rules.inject : undefined;
    const nothing = !this.#overload && rates.length === 0 && limits.length === 0 && !inject;
    const shared = {
      clock: this.#clock,
      refusals: this.#refusals,
      strain: this.#strain,
      overload: this.#overload,
    };
    tell(nothing ? undefined : new Gate(method, shared, rates, limits, inject, begin));
  }

  #rated(old: RateLimit | undefined, rules: RateRules | undefined): RateLimit | undefined {
    return same(old, rules) ? old : rules && new RateLimit(rules);
  }

  #limited(old: ConcurrencyLimit | undefined, rules: ConcurrencyRules | undefined): ConcurrencyLimit | undefined {
    return same(old, rules) ? old : rules && new ConcurrencyLimit(rules, this.#clock);
  }

  #guardedFrom(rules: OverloadRules | undefined): Overload | undefined {
    const old = this.#overload;
    if (same(old, rules)) return old;
    old?.close();
    return rules && new Overload(rules, this.#clock);
  }

  #allowed(): boolean {
    const { allowInjection, logger } = this.#setup;
    if (!allowInjection && !this.#warned) {
      this.#warned = true;
      logger.warn("faults are not injected: createServer needs allowInjection: true for the policy's inject");
    }
    return allowInjection;
  }
}

/** Rules are plain data. */
function same<R>(old: { readonly rules: R } | undefined, rules: R | undefined): boolean {
  return JSON.stringify(old?.rules) === JSON.stringify(rules);
}
