import type { Budget } from "../../http2/state/budget.ts";
import type { RefusalLog } from "../../refusal_log.ts";
import type { Limits, ListenOptions } from "../../transport.ts";

/** The state that the connections of a listener share. */
export interface ServerHost {
  readonly options: ListenOptions;
  /** The octets of messages that all connections hold. */
  readonly budget: Budget;
  /** The octets of decoded requests that all handlers hold. */
  decoded: number;
  /** The number of connections. */
  readonly connections: number;
  /** Logs rejected clients. */
  readonly refusals: RefusalLog;
  /** Called when a limit was exceeded. */
  hit(limit: keyof Limits): void;
}
