import type { Instance } from "../../registry/registry.ts";
import type { ServiceRules } from "../../policy/rules.ts";
import { hash, mix } from "../balancing/hash.ts";

/** The instances that a client has to do with; where the rules leave none, why. */
export interface Selection {
  readonly instances: readonly Instance[];
  readonly why?: string;
}

/** What a weight counts as at most and at least: sums and quotients of weights stay exact. */
const MAX_WEIGHT = 1e6;
const MIN_WEIGHT = 1e-3;
/**
 * How many times as much as the median of all a weight counts at most: one that is wrong in the registry must not draw
 * all calls.
 */
const MAX_WEIGHT_TO_MEDIAN_RATIO = 100;
/** The share of a subset that is of other zones, so that there is somewhere to go when the own zone is not well. */
const OTHER_ZONES_SHARE = 1 / 4;
/** Envoy's overprovisioning: a zone takes all of its calls while 1 / 1.4 = 71 % of it are usable. */
const OVERPROVISIONING_FACTOR = 1.4;

/**
 * The instances that a client keeps connections to: those with the tags and facts of the rules, or its subset of them.
 * The subset is stable: one instance that comes or goes changes at most one of it.
 *
 * @param instances What the registry knows.
 * @param rules What the policy says.
 * @param client A number of the client's own, at random: by it the subsets of clients differ, evenly spread.
 */
export function select(
  instances: readonly Instance[],
  rules: Pick<ServiceRules, "tags" | "meta" | "zone" | "subset">,
  client: number,
): Selection {
  // A weight that is not above 0 says that it takes no calls, and no balancer could count with it.
  const weighty = instances.filter(({ weight }) => weight > 0 && weight < Infinity);
  const tags = Object.entries(rules.tags);
  const meta = Object.entries(rules.meta);
  const fitting = weighty.filter((one) =>
    tags.every(([name, value]) => one.tags.get(name) === value) &&
    meta.every(([name, value]) => one.meta.get(name) === value)
  );
  if (fitting.length > 0) return { instances: bounded(subset(fitting, rules, client)) };
  if (instances.length === 0) return { instances };
  if (weighty.length === 0) {
    return { instances: fitting, why: `all ${instances.length} in the registry have no weight above 0` };
  }
  const wanted = [...tags.map(text("tags")), ...meta.map(text("meta"))].join(" and ");
  return { instances: fitting, why: `none of the ${instances.length} in the registry fits the policy's ${wanted}` };
}

/** The instances with weights that a balancer can count with. */
function bounded(instances: readonly Instance[]): readonly Instance[] {
  const most = MAX_WEIGHT_TO_MEDIAN_RATIO *
    median(instances.map(({ weight }) => clamp(weight, MIN_WEIGHT, MAX_WEIGHT)));
  return instances.map((one) => {
    const weight = clamp(one.weight, MIN_WEIGHT, Math.min(most, MAX_WEIGHT));
    return weight === one.weight ? one : { ...one, weight };
  });
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(value, most));

/** The greater one in the middle of an even number. */
const median = (values: readonly number[]) => Float64Array.from(values).sort()[values.length >> 1]!;

const text = (field: string) => ([name, value]: [string, string]) => `${field}.${name} ${JSON.stringify(value)}`;

function subset(fitting: Instance[], { zone, subset: size }: Pick<ServiceRules, "zone" | "subset">, client: number) {
  if (size >= fitting.length) return fitting;
  const own: { instance: Instance; score: number }[] = [];
  const others: typeof own = [];
  for (const instance of fitting) {
    const home = zone === undefined || instance.tags.get("zone") === zone;
    (home ? own : others).push({ instance, score: mix(hash(instance.address), client) });
  }
  for (const list of [own, others]) list.sort((a, b) => a.score - b.score);
  const abroad = Math.max(size - own.length, Math.min(others.length, Math.floor(size * OTHER_ZONES_SHARE)));
  return [...own.slice(0, size - abroad), ...others.slice(0, abroad)].map(({ instance }) => instance);
}

/**
 * Which of them take calls now, and each with how much of its weight (above 0, at most 1): without a zone all that are
 * usable with all of it. With one, those of the own zone, unless so few of them are usable that the others must take a
 * part, as much as is missing.
 *
 * @param all What {@linkcode select} chose.
 * @param usable Whether one has a connection and is not ejected.
 * @param zone The client's own zone.
 */
export function takers<T extends { readonly instance: Instance }>(
  all: readonly T[],
  usable: (one: T) => boolean,
  zone: string | undefined,
): Map<T, number> {
  const ready = all.filter(usable);
  const home = ({ instance }: T) => zone === undefined || instance.tags.get("zone") === zone;
  const own = weights(ready.filter(home));
  const others = weights(ready.filter((one) => !home(one)));
  const kept = Math.min(1, own / weights(all.filter(home)) * OVERPROVISIONING_FACTOR);
  if (others === 0 || kept === 1) return new Map(ready.filter(home).map((one) => [one, 1]));
  if (!(own > 0)) return new Map(ready.map((one) => [one, 1]));
  // So much of the others' weights that their calls beside the own zone's are as 1 - kept to kept.
  const spilled = (1 - kept) / kept * own / others;
  const most = Math.max(1, spilled);
  return new Map(ready.map((one) => [one, (home(one) ? 1 : spilled) / most]));
}

const weights = (list: readonly { readonly instance: Instance }[]) =>
  list.reduce((sum, { instance }) => sum + instance.weight, 0);
