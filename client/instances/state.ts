import { timeOfDay } from "../../base/time.ts";
import type { WatchState } from "../../registry/registry.ts";
import type { Subchannel } from "./subchannel.ts";

/**
 * The state of a client at a moment, for people, metrics and tests. Times are milliseconds since 1970, durations
 * milliseconds.
 */
export interface ClientState {
  /** The service's name, or its addresses. */
  readonly service: string;
  /** The balancer's name; `"custom"` for one of the caller's own. */
  readonly balancer: string;
  /** The instances that the client uses: those that the registry lists and the policy selects. */
  readonly instances: readonly InstanceState[];
  /** The state of the registry's list. */
  readonly discovery: DiscoveryState;
}

/** The state of the registry's list, as a client knows it. */
export interface DiscoveryState {
  /** How many instances the latest list has; undefined before the first list. */
  readonly listed?: number;
  /** When the latest list arrived. */
  readonly changed?: number;
  /** The error of the latest lookup; undefined if it succeeded. */
  readonly lastError?: string;
  /** The state of the watch: whether it keeps an old list, and when the list was last confirmed. */
  readonly watch?: WatchState;
}

/**
 * The condition of an instance:
 * - `"idle"`: it has no connection, because no call needed one
 * - `"connecting"`: an attempt to connect is under way
 * - `"ready"`: it takes calls
 * - `"silent"`: it has not answered a ping while calls are in flight. It gets no new calls until it sends something,
 *   unless there is no other instance
 * - `"backing_off"`: it could not be reached, and the client waits before it tries again
 * - `"ejected"`: it failed too often, and gets no calls for a time, unless there is no other instance
 * - `"probing"`: it was ejected, and one call finds out whether it has recovered
 */
export type InstanceCondition = "idle" | "connecting" | "ready" | "silent" | "backing_off" | "ejected" | "probing";

/** The state of an instance, as a client knows it. */
export interface InstanceState {
  /** Its address. */
  readonly address: string;
  /** Its tags in the registry, `zone` among them. */
  readonly tags: ReadonlyMap<string, string>;
  /** Its weight in the registry. A weight that is far out of range counts for at most 100 times the median. */
  readonly weight: number;
  /** The weight that counts now: less during slow start, or while it serves another zone. */
  readonly effectiveWeight: number;
  /** Its condition. */
  readonly state: InstanceCondition;
  /** When the ejection ends and a call may probe the instance; undefined if it is not ejected. */
  readonly ejectedUntil?: number;
  /** How many calls are in flight. */
  readonly inFlight: number;
  /** How many calls have started since the client knows it. */
  readonly calls: number;
  /** How many of those calls failed in a way that may be its fault. */
  readonly failures: number;
  /** The time until a response begins: a moving average, which follows a slower response at once, and decays. */
  readonly latency?: number;
  /** Why it could not be reached, or why its connection was lost; undefined while it is connected. */
  readonly lastError?: string;
}

/** The state of one instance. */
export function stateOf(subchannel: Subchannel, connecting: boolean): InstanceState {
  const { instance, suspect, weight, inFlight, calls, failures, latency, lastError } = subchannel;
  const { until } = suspect;
  return {
    address: instance.address,
    tags: instance.tags,
    weight: instance.weight,
    effectiveWeight: weight,
    state: conditionOf(subchannel, connecting),
    ejectedUntil: until === undefined ? undefined : timeOfDay(Math.max(until, performance.now())),
    inFlight,
    calls,
    failures,
    latency,
    lastError: subchannel.connection ? undefined : lastError?.message,
  };
}

function conditionOf({ connection, silent, suspect, lastError }: Subchannel, connecting: boolean): InstanceCondition {
  if (suspect.probing) return "probing";
  if (suspect.until !== undefined) return "ejected";
  if (connection) return silent ? "silent" : "ready";
  if (connecting) return "connecting";
  return lastError ? "backing_off" : "idle";
}
