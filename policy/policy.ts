/**
 * Policies: the settings that may change while a program runs. A client policy sets load balancing, retries, timeouts
 * and circuit breaking; a server policy sets which calls the server admits. A policy is plain data, so it can be
 * written in code, in conf.yaml or in Consul's KV store.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { Status } from "../rpc/status.ts";

/** The name of a status code, such as `"UNAVAILABLE"`. */
export type StatusName = keyof typeof Status;

/** The part of a client policy that applies to calls: to all calls of a service, or to the calls of one method. */
export interface MethodPolicy {
  /**
   * The timeout of calls that set none themselves, in milliseconds. `Infinity` means no limit.
   *
   * The service's timeout applies to unary calls. A timeout under `methods` also applies to streams. Inside a handler,
   * the earlier of this timeout and the handler's own deadline counts; the default timeout yields to the handler's
   * deadline.
   * @default {10000}
   */
  timeout?: number;
  /**
   * How failed calls are retried. Methods that the .proto marks as idempotent (`idempotency_level`) are retried by
   * default, with the defaults of {@linkcode RetryPolicy}.
   * @default {false}
   */
  retry?: RetryPolicy | false;
  /**
   * How slow calls are hedged: the client sends a second attempt to another instance and takes the first response. Only
   * for methods with a single request.
   * @default {false}
   */
  hedge?: HedgePolicy | false;
  /**
   * When the circuit breaker opens, so that calls fail at once.
   * @default {false}
   */
  breaker?: BreakerPolicy | false;
  /**
   * Faults to inject for drills, on the client side. Requires the option `allowInjection`.
   * @default {false}
   */
  inject?: InjectionPolicy | false;
}

/**
 * How failed calls are retried, as in gRPC's retry policy. A retry goes to another instance if there is one. A call is
 * not retried after its response has begun, after its deadline, or when the retry budget is used up. A server's
 * `grpc-retry-pushback-ms` is honoured.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export interface RetryPolicy {
  /**
   * The maximum number of attempts, including the first: 2 to 5.
   * @default {3}
   */
  attempts?: number;
  /**
   * The statuses that are retried.
   * @default {["UNAVAILABLE"]}
   */
  statuses?: readonly StatusName[];
  /**
   * The backoff before the second attempt, in milliseconds, with 20 % jitter.
   * @default {50}
   */
  backoff?: number;
  /**
   * The factor by which the backoff grows with each further attempt.
   * @default {2}
   */
  backoffMultiplier?: number;
  /**
   * The longest backoff, in milliseconds, before 20 % jitter.
   * @default {1000}
   */
  maxBackoff?: number;
  /**
   * The timeout of a single attempt until its response begins, in milliseconds. An attempt that exceeds it counts as
   * UNAVAILABLE.
   * @default {no limit}
   */
  perTryTimeout?: number;
}

/**
 * How slow calls are hedged. While the first attempt is in flight, the client sends further attempts to other
 * instances. The first that succeeds wins, and the others are cancelled.
 */
export interface HedgePolicy {
  /**
   * The time without a response after which the next attempt is sent, in milliseconds. 0 sends all attempts at once.
   */
  delay: number;
  /**
   * The maximum number of attempts, including the first: 2 to 5.
   * @default {2}
   */
  attempts?: number;
  /**
   * The statuses that do not end the call: after one, the next attempt is sent at once.
   * @default {["UNAVAILABLE"]}
   */
  statuses?: readonly StatusName[];
}

/**
 * A limit on the retries and hedges of one client, as a token bucket. Each failure takes one token, and each success
 * returns `ratio` tokens. While the bucket is at most half full, the client does not retry or hedge.
 */
export interface RetryBudget {
  /**
   * The capacity of the bucket, from 1 to 1000.
   * @default {100}
   */
  tokens?: number;
  /**
   * The number of tokens that a success returns, at least 0.001.
   * @default {0.1}
   */
  ratio?: number;
}

/** When the circuit breaker of a method opens. While it is open, calls of the method fail at once with UNAVAILABLE. */
export interface BreakerPolicy {
  /**
   * The share of failed calls at which the breaker opens, above 0 and at most 1.
   * @default {0.5}
   */
  failureRate?: number;
  /**
   * The minimum number of calls in the window before the breaker can open.
   * @default {20}
   */
  samples?: number;
  /**
   * The length of the window, in milliseconds.
   * @default {10000}
   */
  window?: number;
  /**
   * How long the breaker stays open, in milliseconds. Then it is half-open.
   * @default {5000}
   */
  openTime?: number;
  /**
   * The number of calls that a half-open breaker lets through. It closes if all of them succeed.
   * @default {3}
   */
  probes?: number;
}

/** When an instance is ejected: it gets no calls for a while, although the registry lists it. */
export interface OutlierPolicy {
  /**
   * The number of consecutive failures that ejects an instance.
   * @default {5}
   */
  consecutiveFailures?: number;
  /**
   * The share of failed calls in the window that ejects an instance, above 0 and at most 1.
   * @default {0.85}
   */
  failureRate?: number;
  /**
   * The number of standard deviations below the mean success rate of all instances that ejects an instance. It applies
   * if there are at least five instances; 0 turns it off.
   * @default {1.9}
   */
  deviations?: number;
  /**
   * The minimum number of calls in the window before a share of failures can eject an instance.
   * @default {20}
   */
  samples?: number;
  /**
   * The length of the window, in milliseconds.
   * @default {10000}
   */
  window?: number;
  /**
   * The length of the first ejection, in milliseconds. It doubles each time the probe after an ejection
   * fails, or the instance fails again soon after its return.
   * @default {5000}
   */
  ejectionTime?: number;
  /**
   * The longest ejection, in milliseconds.
   * @default {60000}
   */
  maxEjectionTime?: number;
  /**
   * The maximum share of ejected instances, 0 to 0.5. With two or more instances, at least one may be ejected unless
   * this is 0.
   * @default {0.5}
   */
  maxEjected?: number;
}

/** A fault to inject for drills. */
export interface InjectionPolicy {
  /** The share of calls that the fault affects, from 0 to 1. */
  share: number;
  /**
   * The delay that is added to a call, in milliseconds.
   * @default {0}
   */
  delay?: number;
  /**
   * The status that ends the call. Without a status, the call is only delayed.
   * @default {none}
   */
  status?: StatusName;
}

/** The name of a load-balancing algorithm. */
export type BalancerName =
  | "weighted_round_robin"
  | "random"
  | "p2c"
  | "least_in_flight"
  | "consistent_hash"
  | "pick_first";

/** How a client makes its calls: load balancing, timeouts, retries, hedging and circuit breaking. */
export interface ClientPolicy extends MethodPolicy {
  /**
   * The load-balancing algorithm.
   * @default {"weighted_round_robin"}
   */
  balancer?: BalancerName;
  /** The metadata field to hash with `consistent_hash`: calls with the same value go to the same instance. */
  hashKey?: string;
  /**
   * The ramp-up time of a new or recovered instance until it gets its full share of calls, in ms.
   * @default {0}
   */
  slowStart?: number;
  /**
   * The tags that an instance must have to get calls.
   * @default {none}
   */
  tags?: Readonly<Record<string, string>>;
  /**
   * The metadata that an instance must have to get calls (Consul's `meta`).
   * @default {none}
   */
  meta?: Readonly<Record<string, string>>;
  /**
   * The client's own zone. The client prefers instances whose tag `zone` has this value, and spills over to other zones
   * when too few local instances are healthy.
   * @default {none}
   */
  zone?: string;
  /**
   * The maximum number of instances that the client connects to. Each client chooses its subset at random.
   * @default {all}
   */
  subset?: number;
  /**
   * When an instance is ejected, so that it gets no calls for a while; false for never.
   * @default {the defaults of OutlierPolicy}
   */
  outliers?: OutlierPolicy | false;
  /**
   * The limit on retries and hedges.
   * @default {the defaults of RetryBudget}
   */
  retryBudget?: RetryBudget;
  /**
   * Overrides by method, keyed by the method's name in the .proto. A field here replaces the service's.
   * @default {none}
   */
  methods?: Readonly<Record<string, MethodPolicy>>;
}

/** A source of policies that change while the program runs. */
export interface PolicySource<T> {
  /** The permissions that the source needs. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Calls `listener` with each valid policy, including the first. An invalid policy is logged and ignored, and the last
   * valid policy stays in use. The same applies if `listener` throws because the policy does not fit its service.
   */
  watch(listener: (policy: T) => void, logger: Logger): { close(): void };
}
