import type { Instance } from "../../registry/registry.ts";

/**
 * An instance that can take a call, as a balancer sees it. It is the same object for as long as the client knows the
 * instance.
 */
export interface Candidate {
  /** The instance as the registry lists it. */
  readonly instance: Instance;
  /**
   * The weight relative to the other instances. It is lower than in the registry (but above 0) during slow start, and
   * while the instance serves another zone.
   */
  readonly weight: number;
  /** The weight after slow start. It stays the same for as long as the list of candidates is the same. */
  readonly fullWeight: number;
  /** How many calls are in flight on the instance. */
  readonly inFlight: number;
  /**
   * A moving average of the time until a response begins or the call is given up, in milliseconds; undefined before the
   * first. It decays while the instance is idle, so that a slow instance is tried again. It does not decay while a call
   * is in flight: the call may be stuck.
   */
  readonly latency: number | undefined;
}

/** The properties of a call that a balancer can use. */
export interface CallToBalance {
  /** The value of the metadata field that the option `hashKey` names; undefined if there is none. */
  readonly hashKey?: string;
}

/** Chooses the instance that takes the next call. */
export interface Balancer {
  /**
   * Picks an instance.
   *
   * @param candidates The instances that can take the call: at least one. It is the same array until an instance comes
   * or goes or gets another weight, so that a balancer can keep work from call to call. Slow start alone changes
   * weights without a new array.
   * @param call The call.
   * @returns One of the candidates.
   */
  pick<T extends Candidate>(candidates: readonly T[], call: CallToBalance): T;
}

/** A balancer, and what it needs of the client. */
export interface BalancerInUse extends Balancer {
  /** Whether it reads latencies: every call is timed then. */
  readonly usesLatency?: boolean;
  /** Whether a pick uses up the turn of an instance. Retries are picked at random then. */
  readonly takesTurns?: boolean;
}
