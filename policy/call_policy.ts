// A new field goes here and into client_fields.ts, and what it does into client_rules.ts.

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
