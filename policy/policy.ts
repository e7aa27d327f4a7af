/**
 * Policies: the settings that may change while a program runs. A client policy sets load balancing, retries, timeouts
 * and circuit breaking; a server policy sets which calls the server admits. A policy is plain data, so it can be
 * written in code, in conf.yaml or in Consul's KV store.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { MethodPolicy } from "./call_policy.ts";

export type {
  BreakerPolicy,
  HedgePolicy,
  InjectionPolicy,
  MethodPolicy,
  RetryPolicy,
  StatusName,
} from "./call_policy.ts";

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
