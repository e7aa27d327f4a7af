import { PolicyMisfit, serverMisfits } from "../../policy/misfits.ts";
import { checkServerMethods } from "../../policy/policy_in_code.ts";
import { mergePolicy } from "../../policy/merge.ts";
import type { PolicySource } from "../../policy/policy.ts";
import type { ServerPolicy } from "../../policy/server_policy.ts";
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

/** The parts that an admission is created from. */
export interface AdmissionSetup {
  /** The policy in the options of the server. */
  readonly policy: ServerPolicy;
  /** The source of policies that override it while the server runs. */
  readonly source: PolicySource<ServerPolicy> | undefined;
  readonly allowInjection: boolean;
  readonly logger: Logger;
  /** Called with true when the server has been overloaded for long, and with false when that is over. */
  onStrain(strained: boolean): void;
  /** @default {the clock of this process} */
  readonly clock?: Clock;
}

/** A method with its gate and its own limits. */
interface Guarded {
  readonly method: Method;
  readonly gate: Gate;
  rate?: RateLimit;
  concurrency?: ConcurrencyLimit;
}

/** Services that always answer: an overloaded server still reports that it is overloaded. */
const EXEMPT = ["/grpc.health.", "/grpc.reflection."];

/**
 * Decides which calls a server takes, by its policy, with one gate for each method. The policy may change while the
 * server runs: limits that a change does not affect keep their state. A new limit does not count calls that began
 * before it.
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

  /** The number of calls that were rejected or not begun, by reason. */
  get counts(): ReadonlyMap<Protection, number> {
    return this.#refusals.counts;
  }

  /**
   * Creates the gate of a method. Changes of the policy change the rules of the gate. It lets every call pass until
   * {@linkcode open}.
   *
   * @param begin Begins a call that has passed the gate.
   */
  gate(method: Method, begin: Begin): Gate {
    const gate = new Gate(method, begin);
    if (!EXEMPT.some((start) => method.path.startsWith(start))) this.#guarded.push({ method, gate });
    return gate;
  }

  /** Counts a call that was not begun because its deadline had passed. */
  late(): void {
    this.#refusals.count("deadline");
  }

  /**
   * Applies the policy to the gates, and starts to watch the source.
   *
   * @throws {TypeError} If the policy in the options names a method that does not exist.
   */
  open(): void {
    checkServerMethods("createServer", this.#policy, this.#methods);
    this.#apply();
    this.#watch = this.#setup.source?.watch((policy) => this.#changed(policy), this.#setup.logger);
  }

  /** Stops the timers and the watch. */
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
    this.#overload = this.#overloadOf(overload);
    this.#strain.reportAfterMs = overload?.unreadyAfter ?? Infinity;
    for (const guarded of this.#guarded) this.#setRules(guarded);
  }

  #setRules(guarded: Guarded): void {
    const { method, gate } = guarded;
    const rules = gateRules(this.#policy, method);
    guarded.rate = this.#rated(guarded.rate, rules.rate);
    guarded.concurrency = this.#limited(guarded.concurrency, rules.concurrency);
    // The method's own limits come first, so that a call that they reject does not use up the server's limits.
    const rates = [guarded.rate, this.#rate].filter((rate) => rate !== undefined);
    const limits = [guarded.concurrency, this.#concurrency].filter((limit) => limit !== undefined);
    const inject = rules.inject && this.#allowed() ? rules.inject : undefined;
    const isOpen = !this.#overload && rates.length === 0 && limits.length === 0 && !inject;
    if (isOpen) return gate.clearRules();
    const shared = { clock: this.#clock, refusals: this.#refusals, strain: this.#strain, overload: this.#overload };
    gate.setRules({ shared, rates, limits, inject });
  }

  #rated(old: RateLimit | undefined, rules: RateRules | undefined): RateLimit | undefined {
    return same(old, rules) ? old : rules && new RateLimit(rules);
  }

  #limited(old: ConcurrencyLimit | undefined, rules: ConcurrencyRules | undefined): ConcurrencyLimit | undefined {
    return same(old, rules) ? old : rules && new ConcurrencyLimit(rules, this.#clock);
  }

  #overloadOf(rules: OverloadRules | undefined): Overload | undefined {
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

/** Whether a protection already has these rules. Rules are plain data, so their JSON is compared. */
function same<R>(old: { readonly rules: R } | undefined, rules: R | undefined): boolean {
  return JSON.stringify(old?.rules) === JSON.stringify(rules);
}
