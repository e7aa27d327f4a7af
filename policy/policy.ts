/**
 * What may change while a program runs: how a client spreads, repeats and gives up calls, and what a server takes.
 * Plain data, so that it can stand in code, in conf.yaml and in Consul's KV store.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { Status } from "../rpc/status.ts";

/** A status code by its name: `"UNAVAILABLE"`. */
export type StatusName = keyof typeof Status;

/** What a policy says of calls: of all of a service, or of one method. */
export interface MethodPolicy {
  /**
   * How long unary calls may take that don't say it themselves, in milliseconds, `Infinity` for no limit; streams too
   * where it is said of their method. Inside a handler the earlier of this and the handler's own deadline counts; the
   * default gives way to that.
   * @default {10000}
   */
  timeout?: number;
  /**
   * How failed calls are tried again.
   * @default {false}, but `{}` for methods that the .proto calls idempotent (`idempotency_level`)
   */
  retry?: RetryPolicy | false;
  /**
   * How a slow call is sent a second time, to another instance, and the first answer taken. For methods with one
   * request.
   * @default {false}
   */
  hedge?: HedgePolicy | false;
  /** When calls fail at once because too many have failed. @default {false} */
  breaker?: BreakerPolicy | false;
  /** Faults for drills, on this side of the wire. They need the option `allowInjection`. @default {false} */
  inject?: InjectionPolicy | false;
}

/**
 * How failed calls are tried again: gRPC's retry policy. Never after the response has begun, never past the deadline,
 * within the budget, and on another instance where there is one. A server's `grpc-retry-pushback-ms` is honoured.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export interface RetryPolicy {
  /** The most attempts, the first among them, from 2 to 5. @default {3} */
  attempts?: number;
  /** The statuses after which a call is tried again. @default {["UNAVAILABLE"]} */
  statuses?: readonly StatusName[];
  /** The pause before the second attempt, in milliseconds, give or take a fifth at random. @default {50} */
  backoff?: number;
  /** How many times as long each further pause is. @default {2} */
  backoffMultiplier?: number;
  /** To how much it may grow, in milliseconds, give or take a fifth. @default {1000} */
  maxBackoff?: number;
  /**
   * How long one attempt may take until its response begins, in milliseconds; then it counts as UNAVAILABLE.
   * @default no limit but the deadline
   */
  perTryTimeout?: number;
}

/**
 * How a slow call is sent again, to another instance, while the first goes on; the first that succeeds wins, the others
 * are cancelled.
 */
export interface HedgePolicy {
  /** After how many milliseconds without an answer the next attempt is sent. 0 sends all at once. */
  delay: number;
  /** The most attempts, from 2 to 5. @default {2} */
  attempts?: number;
  /** The statuses that do not end the call: the next attempt is sent at once. @default {["UNAVAILABLE"]} */
  statuses?: readonly StatusName[];
}

/**
 * How much retries and hedges may add to a client's calls: a bucket of tokens, from which each failure takes one and to
 * which each success gives `ratio`. While it is half empty, no call is tried again.
 */
export interface RetryBudget {
  /** What the bucket holds, from 1 to 1000. @default {100} */
  tokens?: number;
  /** What a success gives, from 0.001 on. @default {0.1} */
  ratio?: number;
}

/** When the calls of a method fail at once (UNAVAILABLE): while it is open. */
export interface BreakerPolicy {
  /** The share of failed calls at which it opens, above 0 up to 1. @default {0.5} */
  failureRate?: number;
  /** How many calls of the window it needs to judge. @default {20} */
  samples?: number;
  /** The window, in milliseconds. @default {10000} */
  window?: number;
  /** How long it stays open, in milliseconds. @default {5000} */
  openTime?: number;
  /** How many calls it lets through then, which must all succeed for it to close. @default {3} */
  probes?: number;
}

/** When an instance gets no calls for a while, though the registry lists it. */
export interface OutlierPolicy {
  /** After how many failures in a row. @default {5} */
  consecutiveFailures?: number;
  /** At which share of failed calls within the window, above 0 up to 1. @default {0.85} */
  failureRate?: number;
  /**
   * How many standard deviations below the mean success rate of all, if there are at least five; 0 for never.
   * @default {1.9}
   */
  deviations?: number;
  /** How many calls of the window the shares need. @default {20} */
  samples?: number;
  /** The window, in milliseconds. @default {10000} */
  window?: number;
  /** For how long, in milliseconds; for twice as long each time that it fails again at once. @default {5000} */
  ejectionTime?: number;
  /** For how long at most, in milliseconds. @default {60000} */
  maxEjectionTime?: number;
  /** The share of instances that may be ejected at a time, from 0 to 0.5, but at least one of two. @default {0.5} */
  maxEjected?: number;
}

/** A fault for drills. */
export interface InjectionPolicy {
  /** The share of calls that it meets, from 0 to 1. */
  share: number;
  /** Their delay, in milliseconds. @default {0} */
  delay?: number;
  /** The status that they end with. @default none: they are only delayed */
  status?: StatusName;
}

/** How a client chooses among instances, by name. */
export type BalancerName =
  | "weighted_round_robin"
  | "random"
  | "p2c"
  | "least_in_flight"
  | "consistent_hash"
  | "pick_first";

/** What a client does with its calls. */
export interface ClientPolicy extends MethodPolicy {
  /** Which instance takes a call. @default {"weighted_round_robin"} */
  balancer?: BalancerName;
  /** The metadata field whose value leads a call always to the same instance with `consistent_hash`. */
  hashKey?: string;
  /** Over how many milliseconds an instance that is new, or back, grows into its share. @default {0} */
  slowStart?: number;
  /** Only instances that have all of these tags. @default {{}} */
  tags?: Readonly<Record<string, string>>;
  /** Only instances with all of these facts (Consul's meta). @default {{}} */
  meta?: Readonly<Record<string, string>>;
  /**
   * The own zone: instances whose tag `zone` is another get calls only as far as those of the own are not there or not
   * well.
   * @default none
   */
  zone?: string;
  /** To how many instances it keeps connections, each client to others. @default all */
  subset?: number;
  /** When an instance gets no calls for a while; false for never. @default {{}} */
  outliers?: OutlierPolicy | false;
  /** How much retries and hedges may add. @default {{}} */
  retryBudget?: RetryBudget;
  /** What holds for single methods, by their name in the .proto; each field replaces the service's. @default {{}} */
  methods?: Readonly<Record<string, MethodPolicy>>;
}

/** How many calls a server serves at a time, from when the handler begins until it has ended. */
export interface ConcurrencyPolicy {
  /**
   * The most calls at a time: a whole number from 1 on, in which streams count as long as they last; or `"adaptive"`,
   * which finds it by how the time of unary calls grows with their number. Streams pass that one, as how long they last
   * says nothing.
   *
   * @default {"adaptive"}
   */
  limit?: number | "adaptive";
  /** How many calls may wait for their turn, first come, first served. @default {100} */
  queue?: number;
  /**
   * How long one may wait, in milliseconds; a tenth of that while the line has not been empty for as long, as then it
   * makes all calls late and none of them more.
   * @default {500}
   */
  queueTimeout?: number;
}

/** How many calls a server begins in a time: a bucket of tokens. */
export interface RatePolicy {
  /** Calls a second, above 0: 0.5 is one in two seconds. */
  rate: number;
  /** How many may come at once, from 1 on. @default the calls of a tenth of a second, at least 1 */
  burst?: number;
  /**
   * Whose calls share a bucket: all; those of one caller, by the name of its certificate, else its IP address; or of
   * one value of a metadata field: `"metadata:x-tenant"`, where calls without it share one too. There are 10,000
   * buckets; callers beyond that share one more until others are full again. Who chooses its metadata chooses its
   * bucket: use that for callers you trust.
   *
   * @default {"all"}
   */
  by?: "all" | "peer" | `metadata:${string}`;
}

/** When a server refuses calls because its thread can't keep up. */
export interface OverloadPolicy {
  /**
   * How long a call may have waited for the processor, in milliseconds from 10 on. It may be five times as long while
   * the event loop has been at rest within as long a time: one handler that takes long, or one burst, is no overload.
   *
   * @default {100}
   */
  maxWait?: number;
  /**
   * After how many milliseconds of it health says "not ready", until there is none: from 1000 on, `Infinity` for never.
   * With one policy for a whole fleet, a load that is too much for all takes away all of them at the same time, and
   * then nobody serves: set it only where others can take the calls.
   *
   * @default {Infinity}
   */
  unreadyAfter?: number;
}

/** What a server's policy says of one method. Where the server has limits of its own, a call must pass both. */
export interface ServerMethodPolicy {
  /** How many calls a second. @default {false} */
  rate?: RatePolicy | false;
  /** How many calls at a time. @default {false} */
  concurrency?: ConcurrencyPolicy | false;
  /** Faults for drills. They need the option `allowInjection`. @default {false} */
  inject?: InjectionPolicy | false;
}

/**
 * How a server protects itself. What is too much ends with RESOURCE_EXHAUSTED and `grpc-retry-pushback-ms`, before its
 * handler begins.
 */
export interface ServerPolicy extends ServerMethodPolicy {
  /** When calls are refused because the processor can't keep up; false for never. @default {{}} */
  overload?: OverloadPolicy | false;
  /** What holds for single methods, by path, `"/echo.EchoService/Echo"`, or by name, `"Echo"`. @default {{}} */
  methods?: Readonly<Record<string, ServerMethodPolicy>>;
}

/** Where a policy comes from that changes while the program runs. */
export interface PolicySource<T> {
  /** What it may touch. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Calls `listener` with each policy whose fields are right, from the first on. One that is not right is told in the
   * log, and the last one holds; so it is if the listener throws, as the policy does not fit its service.
   */
  watch(listener: (policy: T) => void, logger: Logger): { close(): void };
}
