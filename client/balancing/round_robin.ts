import type { Balancer } from "./balancer.ts";

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
