import { withDefaults } from "../base/options/fields.ts";
import { nearest } from "../base/text/did_you_mean.ts";
import type { Method, Service } from "../rpc/service.ts";
import { entryPath, fieldPath } from "../base/options/sourced.ts";
import type { ClientPolicy, MethodPolicy } from "./policy.ts";
import type { ServerPolicy } from "./server_policy.ts";
import { OUTLIERS, RETRY } from "./client_fields.ts";

/**
 * A reason why a policy can't be used although each field is valid: the fields contradict each other, or the policy
 * does not fit its service.
 */
export interface Misfit {
  /** The name of the method's entry, if the problem is in one. */
  readonly method?: string;
  /** The path of the field in the policy or in the method's entry; `""` for the entry itself. */
  readonly field: string;
  /** The problem and what to do. It mentions no field whose name has several words, because spellings differ. */
  readonly text: string;
  /** Whether a number is out of range. */
  readonly range?: boolean;
}

/** Returns the path of the field that does not fit. */
export function misfitPath({ method, field }: Misfit, spell = (name: string) => name): string {
  const entry = method === undefined ? "" : entryPath("methods", method);
  return field ? fieldPath(entry, spell(field)) : entry;
}

/** A policy that does not fit the client or server that received it. */
export class PolicyMisfit extends Error {
  /** `"PolicyMisfit"`. */
  override name = "PolicyMisfit";
  /** All reasons. */
  readonly misfits: readonly Misfit[];

  /** Creates the error from at least one reason. */
  constructor(misfits: readonly Misfit[]) {
    super(misfits.map((misfit) => `${misfitPath(misfit)} ${misfit.text}`).join("; "));
    this.misfits = misfits;
  }
}

/** Returns why a client of this service can't use the policy. */
export function clientMisfits(policy: ClientPolicy, { typeName, methods }: Service): Misfit[] {
  const { balancer, hashKey, outliers } = policy;
  const misfits: Misfit[] = [];
  if (balancer === "consistent_hash" && hashKey === undefined) {
    const text = 'is "consistent_hash", which needs a hash key: the field of metadata that leads calls to an instance';
    misfits.push({ field: "balancer", text });
  }
  if (outliers) misfits.push(...tooLong("outliers.ejectionTime", "maxEjectionTime", withDefaults(OUTLIERS, outliers)));
  misfits.push(...methodMisfits(policy));
  for (const [name, own] of Object.entries(policy.methods ?? {})) {
    const method = Object.values(methods).find((candidate) => candidate.name === name);
    const found = method
      ? methodMisfits(own, policy, method)
      : [unknownMethod(name, typeName, Object.values(methods).map((candidate) => candidate.name))];
    misfits.push(...found.map((misfit) => ({ ...misfit, method: name })));
  }
  return misfits;
}

/** Returns why a server with these methods can't use the policy. A policy names a method by its name or its path. */
export function serverMisfits({ methods = {} }: ServerPolicy, known: readonly Method[]): Misfit[] {
  const unknown = Object.keys(methods).filter((name) =>
    !known.some((method) => method.name === name || method.path === name)
  );
  return unknown.map((name) => {
    const names = known.map((method) => name.startsWith("/") ? method.path : method.name);
    return { ...unknownMethod(name, "this server", names), method: name };
  });
}

function methodMisfits(own: MethodPolicy, service: ClientPolicy = {}, method?: Method): Misfit[] {
  const misfits: Misfit[] = [];
  const stream = method?.kind === "client_streaming" || method?.kind === "bidi";
  const { retry, hedge } = { ...service, ...own };
  if (own.retry) misfits.push(...tooLong("retry.backoff", "maxBackoff", withDefaults(RETRY, own.retry)));
  if (own.hedge && stream) {
    misfits.push({
      field: "hedge",
      text: "is for methods with one request, and this one has a stream of them; remove it",
    });
  } else if (own.hedge && own.retry) {
    misfits.push({ field: "hedge", text: "stands beside retry; a method has one of both, so set one to false" });
  } else if (retry && hedge && !stream && (own.hedge || own.retry)) {
    const [field, other] = own.hedge ? ["hedge", "retry"] : ["retry", "hedge"];
    const text = `stands beside the service's ${other}; a method has one of both, so set ${other} to false here`;
    misfits.push({ field, text });
  }
  return misfits;
}

/** Returns a misfit if a duration exceeds its own maximum. */
function tooLong<M extends string>(path: string, most: M, values: object): Misfit[] {
  const times = values as Record<string, number>;
  const value = times[path.slice(path.indexOf(".") + 1)]!;
  const bound = times[most]!;
  return value <= bound ? [] : [{ field: path, text: `is ${value}, but at most it may become ${bound}`, range: true }];
}

function unknownMethod(name: string, service: string, names: readonly string[]): Misfit {
  // If the key is a path where a name is expected, suggests the name.
  const near = names.find((candidate) => name.endsWith(`/${candidate}`)) ?? nearest(name, names);
  const help = near === undefined ? `it has ${names.join(", ")}` : `did you mean ${near}?`;
  return { field: "", text: `is no method of ${service}; ${help}` };
}
