import type { Method, Service } from "../rpc/service.ts";
import { Checker, type Dialect, type Given } from "./check.ts";
import { CLIENT_POLICY } from "./client_fields.ts";
import type { AnySection } from "./fields.ts";
import { clientMisfits, type Misfit, misfitPath, serverMisfits } from "./misfits.ts";
import type { ClientPolicy } from "./policy.ts";
import type { ServerPolicy } from "./server_policy.ts";
import { SERVER_POLICY } from "./server_fields.ts";

const CODE: Dialect = {
  spell: (field) => field,
  noun: "field",
  whole: "the options",
  object: "an object",
  noFields: (described, off) => `is ${described}; use an object${off ? ", or false" : ""}`,
};

class Value implements Given<undefined> {
  readonly where = undefined;
  readonly head = undefined;
  readonly items = [];
  readonly unset: boolean;

  constructor(readonly value: unknown) {
    this.unset = value === undefined;
  }

  fields(): ReadonlyMap<string, Value> | undefined {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([name, one]) => [name, new Value(one)]));
  }
}

/** The options of `createClient` that are its policy. */
export const CLIENT_POLICY_NAMES = Object.keys(CLIENT_POLICY.entries) as (keyof ClientPolicy)[];
/** The options of `createServer` that are its policy. */
export const SERVER_POLICY_NAMES = Object.keys(SERVER_POLICY.entries) as (keyof ServerPolicy)[];

/**
 * Returns the policy in a client's options. Other options are ignored.
 *
 * @param who The function, for messages: `"createClient"`.
 * @throws {TypeError} If a field is unknown or has the wrong type, if fields contradict each other, or if they do not
 * fit the service. The message names the field.
 * @throws {RangeError} If a number is out of range.
 */
export function clientPolicyOf(who: string, options: object, service: Service): ClientPolicy {
  const policy: ClientPolicy = checked(who, CLIENT_POLICY as AnySection, options);
  refuse(who, clientMisfits(policy, service));
  return policy;
}

/**
 * Returns the policy in a server's options. Other options are ignored. The methods are checked later, by {@linkcode
 * checkServerMethods}, when they are known.
 *
 * @throws {TypeError} If a field is unknown or has the wrong type. The message names the field.
 * @throws {RangeError} If a number is out of range.
 */
export function serverPolicyOf(who: string, options: object): ServerPolicy {
  return checked(who, SERVER_POLICY as AnySection, options);
}

/**
 * Checks that all methods that a policy names exist.
 *
 * @param methods The methods of all services.
 * @throws {TypeError} If a method does not exist. The message suggests the nearest name.
 */
export function checkServerMethods(who: string, policy: ServerPolicy, methods: readonly Method[]): void {
  refuse(who, serverMisfits(policy, methods));
}

function checked<T>(who: string, declared: AnySection, options: object): T {
  const policy = Object.entries(options).filter(([name]) => Object.hasOwn(declared.entries, name));
  const checker = new Checker(CODE, declared);
  const built = checker.check(new Value(Object.fromEntries(policy)));
  const [problem] = checker.problems;
  if (problem) throw new (problem.range ? RangeError : TypeError)(`${who}: ${problem.message}`);
  return built as T;
}

function refuse(who: string, [misfit]: readonly Misfit[]): void {
  if (!misfit) return;
  throw new (misfit.range ? RangeError : TypeError)(`${who}: ${misfitPath(misfit)} ${misfit.text}`);
}
