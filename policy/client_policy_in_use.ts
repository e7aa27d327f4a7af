import type { Logger } from "../base/logger.ts";
import type { Method, Service } from "../rpc/service.ts";
import { clientMisfits, PolicyMisfit } from "./misfits.ts";
import { mergePolicy } from "./merge.ts";
import type { ClientPolicy, PolicySource } from "./policy.ts";
import { type MethodRules, methodRules, type ServiceRules, serviceRules } from "./client_rules.ts";

/** The policy of a client at this moment: its options, overridden by the policy of its source. */
export class PolicyInUse {
  readonly #own: ClientPolicy;
  readonly #source: PolicySource<ClientPolicy> | undefined;
  readonly #definition: Service;
  readonly #logger: Logger;
  readonly #listeners = new Set<() => void>();
  readonly #methods = new Map<Method, MethodRules>();
  #policy: ClientPolicy;
  #service: ServiceRules;
  #watch: { close(): void } | undefined;

  constructor(
    own: ClientPolicy,
    source: PolicySource<ClientPolicy> | undefined,
    definition: Service,
    logger: Logger,
  ) {
    this.#own = this.#policy = own;
    this.#source = source;
    this.#definition = definition;
    this.#logger = logger;
    this.#service = serviceRules(own);
  }

  /** The rules for the instances at this moment. */
  get service(): ServiceRules {
    return this.#service;
  }

  /** The rules for a method at this moment: the same object until they change. */
  method(method: Method): MethodRules {
    let rules = this.#methods.get(method);
    if (rules === undefined) this.#methods.set(method, rules = methodRules(this.#policy, method));
    return rules;
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Begins to watch the source. Further calls do nothing. */
  open(): void {
    this.#watch ??= this.#source?.watch((policy) => this.#changed(policy), this.#logger);
  }

  /** Ends the watch. */
  close(): void {
    this.#watch?.close();
    this.#listeners.clear();
  }

  #changed(policy: ClientPolicy): void {
    const merged = mergePolicy(this.#own, policy);
    const misfits = clientMisfits(merged, this.#definition);
    if (misfits.length > 0) throw new PolicyMisfit(misfits);
    this.#policy = merged;
    this.#service = serviceRules(this.#policy);
    this.#methods.clear();
    for (const listener of this.#listeners) listener();
  }
}
