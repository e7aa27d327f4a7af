/** Less would leave it without a call to warm up by. */
const MIN_SHARE = 0.1;

/**
 * How much of its weight an instance has while it starts slowly: it grows with its age, as in Envoy's slow start of
 * aggression 1.
 *
 * @param age How long ago the client saw it come, or come back, in milliseconds. Infinity for one that was there before
 * the client.
 * @param slowStart Over how many milliseconds it grows; 0 for at once.
 * @returns From 0.1 to 1.
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start
 */
export function slowStartShare(age: number, slowStart: number): number {
  return age >= slowStart ? 1 : Math.max(MIN_SHARE, age / slowStart);
}
