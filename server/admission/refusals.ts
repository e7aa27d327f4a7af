import type { Logger } from "../../base/logger.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus, Limits, ServerCall } from "../../transport/transport.ts";
import type { LimitName } from "../limit_hits.ts";
import type { Clock } from "./clock.ts";
import type { Refused } from "./concurrency_limit.ts";

/** What calls are refused by, or not begun for. */
export type Protection = Exclude<LimitName, keyof Limits>;

/**
 * How long it must be quiet until the next refusal is told in the log again, and how often it is told while it is not,
 * in milliseconds.
 */
const QUIET_MS = 10_000;
const REPEAT_LOG_MS = 60_000;

interface Burst {
  last: number;
  told: number;
  untold: number;
}

/** Refuses calls, counts them, and tells of it in the log: once for each burst, and once a minute while it lasts. */
export class Refusals {
  /** How many there were. */
  readonly counts: Map<Protection, number> = new Map();
  readonly #bursts = new Map<string, Burst>();
  readonly #logger: Logger;
  readonly #clock: Clock;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /**
   * Refuses a call.
   *
   * @param by What refuses it.
   * @param option Where that is said, for the log.
   */
  refuse(call: ServerCall, by: Protection, option: string, { text, pushback }: Refused): void {
    this.count(by);
    this.#tell(by, option, call.path);
    call.finish(exhausted(text, pushback));
  }

  /** Counts one. */
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
 * It is sent again after `pushback` at the earliest (gRPC A6): not all at the same time, as they may have been refused
 * at the same time.
 */
function exhausted(message: string, pushback: number): CallStatus {
  const wait = Math.ceil(pushback * (1 + Math.random()));
  return {
    code: Status.RESOURCE_EXHAUSTED,
    message,
    trailer: Metadata.unchecked([["grpc-retry-pushback-ms", String(wait)]]),
  };
}
