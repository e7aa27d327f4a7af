/** A smaller share would leave a new instance without calls to warm up with. */
const MIN_SHARE = 0.1;

/**
 * The share of its weight that an instance has during slow start. It grows with its age, as in Envoy's slow start with
 * aggression 1.
 *
 * @param age How long ago the instance came, or recovered, in milliseconds. Infinity if it was there before the client.
 * @param slowStart How long slow start takes, in milliseconds; 0 to turn it off.
 * @returns A share from 0.1 to 1.
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start
 */
export function slowStartShare(age: number, slowStart: number): number {
  return age >= slowStart ? 1 : Math.max(MIN_SHARE, age / slowStart);
}
