import { RpcError } from "../../rpc/error.ts";
import type { Logger } from "../../base/logger.ts";
import type { DecodeBudget, Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { PolicyInUse } from "../../policy/client_policy_in_use.ts";
import type { InjectionPolicy } from "../../policy/policy.ts";
import type { Channel } from "../instances/channel.ts";
import type { ChannelSettings } from "../instances/channel_settings.ts";
import { pause } from "../instances/wait.ts";
import { RetryBudget } from "./attempts/retry_budget.ts";
import { Breaker } from "./breaker.ts";

/** The state that all calls of a client share. */
export class SharedState {
  readonly channel: Channel;
  readonly policy: PolicyInUse;
  readonly budget: RetryBudget;
  /** How much memory decoded responses may take. */
  readonly memory: DecodeBudget;
  /** Aborts when the client is closed: no further attempts are made then. */
  readonly closing: AbortController = new AbortController();
  readonly #breakers = new Map<Method, Breaker>();
  readonly #logger: Logger;
  readonly #target: string;
  /** Whether faults are injected; undefined once the log has said that they are not. */
  #injection: boolean | undefined;

  constructor(channel: Channel, { policy, logger, target, limits }: ChannelSettings, allowInjection: boolean = false) {
    this.channel = channel;
    this.policy = policy;
    this.budget = new RetryBudget(() => policy.service.retryBudget);
    this.memory = { limit: limits.decodedMessageBytes, used: 0 };
    this.#logger = logger;
    this.#target = target;
    this.#injection = allowInjection;
  }

  /** The breaker of a method. It keeps its state when the policy changes. */
  breaker(method: Method): Breaker {
    let breaker = this.#breakers.get(method);
    if (breaker === undefined) this.#breakers.set(method, breaker = new Breaker(() => performance.now()));
    return breaker;
  }

  /**
   * Injects a fault into the policy's share of attempts, if the client allows it.
   *
   * @throws {RpcError} The fault; or DEADLINE_EXCEEDED or CANCELLED if that comes first.
   */
  async inject({ share, delay, status }: InjectionPolicy, lateAt?: number, signal?: AbortSignal): Promise<void> {
    if (!this.#injection) return this.#ignoreInjection();
    if (Math.random() >= share) return;
    if (delay) await pause(delay, lateAt, signal);
    if (status) throw new RpcError(Status[status], "a fault that the policy injects");
  }

  #ignoreInjection(): void {
    if (this.#injection === undefined) return;
    this.#injection = undefined;
    this.#logger.warn("the policy's inject is ignored: the client lacks allowInjection", { target: this.#target });
  }
}
