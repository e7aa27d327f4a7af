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

/** A method with its gate, and the limits that are its own. */
interface Guarded {
  readonly method: Method;
  readonly gate: Gate;
  rate?: RateLimit;
  concurrency?: ConcurrencyLimit;
}

/** Services that always answer: an overloaded server still reports that it is overloaded. */
const EXEMPT = ["/grpc.health.", "/grpc.reflection."];

/**
 * What a server takes, by its policy: a gate for each method. Changes of the policy come while it runs; what they don't
 * touch keeps its state. Calls that were begun under another limit are not counted by a new one.
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
   * The gate of a method. It stays the same while its rules change; before {@linkcode open} it lets every call pass.
   *
   * @param begin Begins a call that has passed.
   */
  gate(method: Method, begin: Begin): Gate {
    const gate = new Gate(method, begin);
    if (!EXEMPT.some((start) => method.path.startsWith(start))) this.#guarded.push({ method, gate });
    return gate;
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
    for (const guarded of this.#guarded) this.#setRules(guarded);
  }

  #setRules(guarded: Guarded): void {
    const { method, gate } = guarded;
    const rules = gateRules(this.#policy, method);
    guarded.rate = this.#rated(guarded.rate, rules.rate);
    guarded.concurrency = this.#limited(guarded.concurrency, rules.concurrency);
    // The method's own limits come first, so that a call that they refuse takes nothing from the server's.
    const rates = [guarded.rate, this.#rate].filter((rate) => rate !== undefined);
    const limits = [guarded.concurrency, this.#concurrency].filter((limit) => limit !== undefined);
    const inject = rules.inject && this.#allowed() ? rules.inject : undefined;
    const isOpen = !this.#overload && rates.length === 0 && limits.length === 0 && !inject;
    if (isOpen) return gate.open();
    const shared = { clock: this.#clock, refusals: this.#refusals, strain: this.#strain, overload: this.#overload };
    gate.close({ shared, rates, limits, inject });
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
