import type { Instance } from "../../registry/registry.ts";

/** An instance that can take a call, as a balancer sees it: the same object for as long as the instance is there. */
export interface Candidate {
  /** What the registry says of it. */
  readonly instance: Instance;
  /** Its share beside the others': the registry's weight, or less, but above 0, while it starts slowly or is of another zone. */
  readonly weight: number;
  /** What its weight is, or will be, when it starts slowly no more: the same as long as the list of candidates is the same. */
  readonly fullWeight: number;
  /** How many calls it has now. */
  readonly inFlight: number;
  /**
   * How long its calls take of late until their response begins, or they are given up, in milliseconds: a moving average, undefined before. It fades
   * while it has no calls, so that one that was slow is tried again; not while one is in flight, which may be stuck.
   */
  readonly latency: number | undefined;
}

/** What a balancer may know of the call. */
export interface CallToBalance {
  /** The value of the field `hashKey`; undefined without. */
  readonly hashKey?: string;
}

/** Chooses which instance takes the next call. */
export interface Balancer {
  /**
   * Picks one.
   *
   * @param candidates At least one. It is the same array, so that work can be kept from call to call, until one comes or goes or has another
   * weight; only slow start changes weights without a new array.
   * @param call The call.
   */
  pick<T extends Candidate>(candidates: readonly T[], call: CallToBalance): T;
}
