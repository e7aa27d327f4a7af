import type { InjectionPolicy } from "./policy.ts";

/** A limit on concurrent calls. A call counts from the start of its handler until the handler has ended. */
export interface ConcurrencyPolicy {
  /**
   * The maximum number of concurrent calls: a whole number of at least 1, or `"adaptive"`.
   *
   * A number counts streams as long as they last. `"adaptive"` finds the limit by measuring how the latency of unary
   * calls grows with their number. It does not limit streams, because the duration of a stream says nothing about load.
   *
   * @default {"adaptive"}
   */
  limit?: number | "adaptive";
  /**
   * The maximum number of calls that wait in the queue, first in, first out.
   * @default {100}
   */
  queue?: number;
  /**
   * The longest time that a call may wait in the queue, in milliseconds. If the queue has not been empty for
   * `queueTimeout`, the limit drops to a tenth of it, because a standing queue adds latency but no throughput.
   * @default {500}
   */
  queueTimeout?: number;
}

/** A limit on the rate of calls, as a token bucket. */
export interface RatePolicy {
  /** The rate, in calls a second, above 0. 0.5 is one call in two seconds. */
  rate: number;
  /**
   * The burst: how many calls may start at once, at least 1.
   * @default {the calls of a tenth of a second}
   */
  burst?: number;
  /**
   * Which calls share a bucket. `"all"`: all calls. `"peer"`: the calls of one caller, identified by the name in its
   * certificate, otherwise by its IP address. `"metadata:x-tenant"`: the calls with one value of that metadata field;
   * calls without the field share a bucket.
   *
   * There are at most 10,000 buckets. Callers beyond that share one extra bucket until a bucket is full again, and can
   * be evicted. A caller that chooses its metadata also chooses its bucket, so use metadata only for callers that you
   * trust.
   *
   * @default {"all"}
   */
  by?: "all" | "peer" | `metadata:${string}`;
}

/** When a server rejects calls because its thread is overloaded. */
export interface OverloadPolicy {
  /**
   * The longest time that a call may have waited for the processor, in milliseconds, at least 10. Longer waits
   * are tolerated until the event loop has been behind for five times as long: one slow handler or one burst is not an
   * overload.
   *
   * @default {100}
   */
  maxWait?: number;
  /**
   * The duration of overload after which health reports "not ready", in milliseconds, at least 1000. Health reports
   * "ready" again when the overload ends. `Infinity` means never.
   *
   * Use this only if other instances can take the calls. If a whole fleet has the same policy, a load that is too high
   * for all instances removes all of them at the same time.
   *
   * @default {Infinity}
   */
  unreadyAfter?: number;
}

/** The part of a server policy that applies to one method. If the server has limits too, a call must pass both. */
export interface ServerMethodPolicy {
  /**
   * The limit on the rate of calls.
   * @default {false}
   */
  rate?: RatePolicy | false;
  /**
   * The limit on concurrent calls.
   * @default {false}
   */
  concurrency?: ConcurrencyPolicy | false;
  /**
   * Faults to inject for drills. Requires the option `allowInjection`.
   * @default {false}
   */
  inject?: InjectionPolicy | false;
}

/**
 * How a server protects itself from too many calls. A rejected call ends with RESOURCE_EXHAUSTED and
 * `grpc-retry-pushback-ms` before its handler starts.
 */
export interface ServerPolicy extends ServerMethodPolicy {
  /**
   * When calls are rejected because the processor is overloaded; false for never.
   * @default {the defaults of OverloadPolicy}
   */
  overload?: OverloadPolicy | false;
  /**
   * Overrides by method, keyed by path (`"/echo.EchoService/Echo"`) or by name (`"Echo"`).
   * @default {none}
   */
  methods?: Readonly<Record<string, ServerMethodPolicy>>;
}
