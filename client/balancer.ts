import type { Instance } from "../registry/registry.ts";

/** Chooses which instance takes the next call. */
export interface Balancer {
  /**
   * Picks one of the instances that have a connection.
   *
   * @param instances At least one, in the order of the resolver.
   */
  pick<T extends { readonly instance: Instance }>(instances: readonly T[]): T;
}

/** Each instance in turn, from any of them on: many clients that make one call each must not all call the same. */
export function roundRobin(): Balancer {
  let next = Math.floor(Math.random() * 2 ** 31);
  return {
    pick(instances) {
      next = (next + 1) % instances.length;
      return instances[next]!;
    },
  };
}
