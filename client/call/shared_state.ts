import { RpcError } from "../../rpc/error.ts";
import type { Logger } from "../../base/logger.ts";
import type { DecodeBudget, Method } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import type { InjectionPolicy } from "../../policy/policy.ts";
import { Breaker } from "./breaker.ts";
import type { Channel } from "../instances/channel.ts";
import { pause } from "../instances/wait.ts";
import type { ClientOptions, ClientSettings } from "../options.ts";
import type { PolicyInUse } from "../../policy/client_policy_in_use.ts";
import { RetryBudget } from "./attempts/retry_budget.ts";

/** What the calls of a client share. */
export class CallPath {
  readonly channel: Channel;
  readonly policy: PolicyInUse;
  readonly budget: RetryBudget;
  /** The memory that a response may take. */
  readonly memory: DecodeBudget;
  /** Aborts when the client is closed: nothing is tried again then. */
  readonly closing: AbortController = new AbortController();
  readonly #breakers = new Map<Method, Breaker>();
  readonly #logger: Logger;
  readonly #target: string;
  readonly #ownBalancer: boolean;
  /** Undefined once it was told in the log that the policy's faults are not injected. */
  #injection: boolean | undefined;

  constructor(
    channel: Channel,
    { policy, logger, target, limits }: ClientSettings,
    { allowInjection = false, balancer }: Pick<ClientOptions, "allowInjection" | "balancer">,
  ) {
    this.channel = channel;
    this.policy = policy;
    this.budget = new RetryBudget(() => policy.service.retryBudget);
    this.memory = { limit: limits.decodedMessageBytes, used: 0 };
    this.#logger = logger;
    this.#target = target;
    this.#injection = allowInjection;
    this.#ownBalancer = typeof balancer === "object";
  }

  /** Whether anybody looks at how long calls take. */
  get isTimed(): boolean {
    return this.#ownBalancer || this.policy.service.balancer === "p2c";
  }

  /** The breaker of a method. It stays when the policy changes. */
  breaker(method: Method): Breaker {
    let breaker = this.#breakers.get(method);
    if (breaker === undefined) this.#breakers.set(method, breaker = new Breaker(() => performance.now()));
    return breaker;
  }

  /**
   * Injects a fault into its share of attempts, if that is allowed.
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
