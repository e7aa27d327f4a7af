import { timeOfDay } from "../base/time.ts";
import type { WatchState } from "../registry/registry.ts";
import type { Subchannel } from "./instances/subchannel.ts";

/** What a client knows and does at a moment, for people, metrics and tests. Times are milliseconds since 1970, durations milliseconds. */
export interface ClientState {
  /** The service's name, or its addresses. */
  readonly service: string;
  /** The balancer's name; `"custom"` for one of the caller's own. */
  readonly balancer: string;
  /** The instances that it has to do with: those that the registry lists, less what the policy leaves out. */
  readonly instances: readonly InstanceState[];
  /** What it knows of the registry's list. */
  readonly discovery: DiscoveryState;
}

/** What a client knows of the registry's list. */
export interface DiscoveryState {
  /** How many instances the last list has; undefined before the first. */
  readonly listed?: number;
  /** When it came. */
  readonly changed?: number;
  /** Why the registry can't be asked; undefined while it can. */
  readonly lastError?: string;
  /** How its watch is doing: whether an old list is kept, when it was last confirmed. */
  readonly watch?: WatchState;
}

/**
 * How it is with an instance:
 * - `"idle"`: not connected to yet, or not since the last call
 * - `"connecting"`
 * - `"ready"`: it takes calls
 * - `"silent"`: it has not answered a question while calls are in flight, and gets no new ones until it sends something, unless there is no other
 * - `"backing_off"`: it could not be reached, and is asked again later
 * - `"ejected"`: it failed too often and gets no calls until a time, unless there is no other
 * - `"probing"`: one call finds out whether it is well again
 */
export type InstanceCondition = "idle" | "connecting" | "ready" | "silent" | "backing_off" | "ejected" | "probing";

/** What a client knows of an instance. */
export interface InstanceState {
  /** Where it is. */
  readonly address: string;
  /** Its labels in the registry, `zone` among them. */
  readonly tags: ReadonlyMap<string, string>;
  /** Its share as the registry says, but for one that is far out of range: it counts for at most 100 times the median. */
  readonly weight: number;
  /** Its share as it counts now: less while it starts slowly, or stands in for another zone. */
  readonly effectiveWeight: number;
  /** How it is with it. */
  readonly state: InstanceCondition;
  /** When the first call is let through to it again, if it is ejected. */
  readonly ejectedUntil?: number;
  /** Calls that have begun and not ended. */
  readonly inFlight: number;
  /** Calls that have begun since the client knows it. */
  readonly calls: number;
  /** Those of them that failed by what may be its fault. */
  readonly failures: number;
  /** How long it takes until a response begins: a moving average that follows what is slow at once, and fades. */
  readonly latency?: number;
  /** Why it could not be reached, or its connection was lost; undefined while it is connected. */
  readonly lastError?: string;
}

const sources = new WeakMap<object, () => ClientState>();

/** Lets {@linkcode clientState} find the state of a client. */
export function keepState(client: object, state: () => ClientState): void {
  sources.set(client, state);
}

/**
 * What a client knows and does now: its instances, how they are, and the registry's list. Nothing is computed until it is asked.
 *
 * @example
 * ```ts ignore
 * for (const { address, state, latency } of clientState(echo).instances) console.log(address, state, latency);
 * ```
 *
 * @param client What `createClient` gave.
 * @throws {TypeError} If it is something else.
 */
export function clientState(client: object): ClientState {
  const state = sources.get(client);
  if (state === undefined) throw new TypeError("clientState: give a client that createClient() made");
  return state();
}

/** The state of one instance. */
export function stateOf(one: Subchannel, connecting: boolean): InstanceState {
  const { instance, suspect, weight, inFlight, calls, failures, latency, lastError } = one;
  const { until } = suspect;
  return {
    address: instance.address,
    tags: instance.tags,
    weight: instance.weight,
    effectiveWeight: weight,
    state: conditionOf(one, connecting),
    ejectedUntil: until === undefined ? undefined : timeOfDay(Math.max(until, performance.now())),
    inFlight,
    calls,
    failures,
    latency,
    lastError: one.connection ? undefined : lastError?.message,
  };
}

function conditionOf({ connection, silent, suspect, lastError }: Subchannel, connecting: boolean): InstanceCondition {
  if (suspect.probing) return "probing";
  if (suspect.until !== undefined) return "ejected";
  if (connection) return silent ? "silent" : "ready";
  if (connecting) return "connecting";
  return lastError ? "backing_off" : "idle";
}
