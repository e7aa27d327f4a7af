import type { ServiceRules } from "../../policy/client_rules.ts";
import type { Instance } from "../../registry/registry.ts";
import { hash, mix } from "../balancing/hash.ts";

/** The instances that a client uses. */
export interface Selection {
  readonly instances: readonly Instance[];
  /** Why the rules leave none. */
  readonly why?: string;
}

/** Weights are clamped to this range, so that sums and quotients of weights stay exact. */
const MAX_WEIGHT = 1e6;
const MIN_WEIGHT = 1e-3;
/**
 * A weight counts for at most this multiple of the median: one that is wrong in the registry must not draw all calls.
 */
const MAX_WEIGHT_TO_MEDIAN_RATIO = 100;
/** The share of a subset that is of other zones, so that calls can spill over when the local zone is unhealthy. */
const OTHER_ZONES_SHARE = 1 / 4;
/** Envoy's overprovisioning factor: a zone takes all of its calls while 1 / 1.4 = 71 % of it are usable. */
const OVERPROVISIONING_FACTOR = 1.4;

/**
 * Selects the instances that a client keeps connections to: those with the tags and meta of the rules, or a subset of
 * them. The subset is stable: one instance that comes or goes changes at most one member.
 *
 * @param instances The registry's list.
 * @param rules The client's policy.
 * @param seed A random number of the client. It spreads the subsets of clients evenly.
 */
export function select(
  instances: readonly Instance[],
  rules: Pick<ServiceRules, "tags" | "meta" | "zone" | "subset">,
  seed: number,
): Selection {
  // A weight of 0 or less says that the instance takes no calls, and no balancer could divide by it.
  const weighty = instances.filter(({ weight }) => weight > 0 && weight < Infinity);
  const tags = Object.entries(rules.tags);
  const meta = Object.entries(rules.meta);
  const fitting = weighty.filter((instance) =>
    tags.every(([name, value]) => instance.tags.get(name) === value) &&
    meta.every(([name, value]) => instance.meta.get(name) === value)
  );
  if (fitting.length > 0) return { instances: bounded(subset(fitting, rules, seed)) };
  if (instances.length === 0) return { instances };
  if (weighty.length === 0) {
    return { instances: fitting, why: `all ${instances.length} in the registry have no weight above 0` };
  }
  const wanted = [...tags.map(text("tags")), ...meta.map(text("meta"))].join(" and ");
  return { instances: fitting, why: `none of the ${instances.length} in the registry fits the policy's ${wanted}` };
}

/** The instances with their weights clamped. An instance whose weight is in range stays the same object. */
function bounded(instances: readonly Instance[]): readonly Instance[] {
  const weights = instances.map(({ weight }) => clamp(weight, MIN_WEIGHT, MAX_WEIGHT));
  const most = MAX_WEIGHT_TO_MEDIAN_RATIO * median(weights);
  return instances.map((instance) => {
    const weight = clamp(instance.weight, MIN_WEIGHT, Math.min(most, MAX_WEIGHT));
    return weight === instance.weight ? instance : { ...instance, weight };
  });
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(value, most));

/** The median; of an even number of values the greater one in the middle. */
const median = (values: readonly number[]) => Float64Array.from(values).sort()[values.length >> 1]!;

const text = (field: string) => ([name, value]: [string, string]) => `${field}.${name} ${JSON.stringify(value)}`;

function subset(fitting: Instance[], { zone, subset: size }: Pick<ServiceRules, "zone" | "subset">, seed: number) {
  if (size >= fitting.length) return fitting;
  const own: { instance: Instance; score: number }[] = [];
  const others: typeof own = [];
  for (const instance of fitting) {
    (isOfZone(instance, zone) ? own : others).push({ instance, score: mix(hash(instance.address), seed) });
  }
  for (const list of [own, others]) list.sort((a, b) => a.score - b.score);
  const ofOthers = Math.max(size - own.length, Math.min(others.length, Math.floor(size * OTHER_ZONES_SHARE)));
  return [...own.slice(0, size - ofOthers), ...others.slice(0, ofOthers)].map(({ instance }) => instance);
}

/**
 * The instances that take calls now, each with the share of its weight that counts (above 0, at most 1). Without a
 * zone, all usable instances take calls with their full weight. With a zone, only its own instances do, unless too few
 * of them are usable: then calls spill over to other zones.
 *
 * @param all The instances that {@linkcode select} chose.
 * @param usable Whether an instance has a connection and is not ejected.
 * @param zone The client's own zone.
 */
export function takers<T extends { readonly instance: Instance }>(
  all: readonly T[],
  usable: (candidate: T) => boolean,
  zone: string | undefined,
): Map<T, number> {
  const ready = all.filter(usable);
  const isOwn = ({ instance }: T) => isOfZone(instance, zone);
  const own = weightOf(ready.filter(isOwn));
  const others = weightOf(ready.filter((candidate) => !isOwn(candidate)));
  const kept = Math.min(1, own / weightOf(all.filter(isOwn)) * OVERPROVISIONING_FACTOR);
  if (others === 0 || kept === 1) return new Map(ready.filter(isOwn).map((candidate) => [candidate, 1]));
  if (!(own > 0)) return new Map(ready.map((candidate) => [candidate, 1]));
  // With this share of their weights, the calls of other zones are to those of the local zone as 1 - kept to kept.
  const spilled = (1 - kept) / kept * own / others;
  const most = Math.max(1, spilled);
  return new Map(ready.map((candidate) => [candidate, (isOwn(candidate) ? 1 : spilled) / most]));
}

const isOfZone = (instance: Instance, zone: string | undefined) =>
  zone === undefined || instance.tags.get("zone") === zone;

const weightOf = (list: readonly { readonly instance: Instance }[]) =>
  list.reduce((sum, { instance }) => sum + instance.weight, 0);
