import type { Logger } from "../../base/logger.ts";
import { pushbackField } from "../../rpc/retry_headers.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus, Limits, ServerCall } from "../../transport/transport.ts";
import type { LimitName } from "../limit_hits.ts";
import type { Clock } from "./clock.ts";
import type { Refused } from "./concurrency_limit.ts";

/** The protections that reject calls, and `deadline` for calls that were not begun. */
export type Protection = Exclude<LimitName, keyof Limits>;

/**
 * The time without rejections after which the next one is logged, and the interval of the log lines during a burst, in
 * milliseconds.
 */
const QUIET_MS = 10_000;
const REPEAT_LOG_MS = 60_000;

interface Burst {
  last: number;
  told: number;
  untold: number;
}

/**
 * Rejects calls, counts the rejections, and logs them: once for each burst, and once a minute while the burst lasts.
 */
export class Refusals {
  /** The number of rejections, by protection. */
  readonly counts: Map<Protection, number> = new Map();
  readonly #bursts = new Map<string, Burst>();
  readonly #logger: Logger;
  readonly #clock: Clock;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /**
   * Rejects a call with RESOURCE_EXHAUSTED.
   *
   * @param by The protection that rejects the call.
   * @param option The name of the option, for the log.
   */
  refuse(call: ServerCall, by: Protection, option: string, { text, pushback }: Refused): void {
    this.count(by);
    this.#tell(by, option, call.path);
    call.finish(exhausted(text, pushback));
  }

  /** Counts a rejection. */
  count(by: Protection): void {
    this.counts.set(by, (this.counts.get(by) ?? 0) + 1);
  }

  #tell(by: Protection, option: string, path: string): void {
    const now = this.#clock.now();
    const burst = this.#bursts.get(option) ?? { last: -Infinity, told: -Infinity, untold: 0 };
    this.#bursts.set(option, burst);
    burst.untold++;
    const fresh = now - burst.last > QUIET_MS || now - burst.told > REPEAT_LOG_MS;
    burst.last = now;
    if (!fresh) return;
    this.#logger.warn("calls are refused", { by, option, path, refused: burst.untold });
    burst.told = now;
    burst.untold = 0;
  }
}

/**
 * Returns the status of a rejected call. It tells the client to wait for at least `pushback` milliseconds before a
 * retry (gRPC A6). The time is random, so that calls that were rejected together are not retried together.
 */
function exhausted(message: string, pushback: number): CallStatus {
  const wait = Math.ceil(pushback * (1 + Math.random()));
  return {
    code: Status.RESOURCE_EXHAUSTED,
    message,
    trailer: pushbackField(wait),
  };
}
