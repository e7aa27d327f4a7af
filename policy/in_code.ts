import type { Method, Service } from "../rpc/service.ts";
import { Checker, type Dialect, type Given } from "./check.ts";
import { CLIENT_POLICY } from "./client_fields.ts";
import type { AnySection } from "./fields.ts";
import { clientMisfits, type Misfit, misfitPath, serverMisfits } from "./fit.ts";
import type { ClientPolicy, ServerPolicy } from "./policy.ts";
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
 * The policy that a client's options hold. Other options are left out.
 *
 * @param who The function, for messages: `"createClient"`.
 * @throws {TypeError} If a field is unknown or of the wrong form, or fields don't fit together or to the service; the
 * message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function clientPolicyOf(who: string, options: object, service: Service): ClientPolicy {
  const policy: ClientPolicy = checked(who, CLIENT_POLICY as AnySection, options);
  refuse(who, clientMisfits(policy, service));
  return policy;
}

/**
 * The policy that a server's options hold. Other options are left out. Which methods there are it does not know yet:
 * see {@linkcode checkServerMethods}.
 *
 * @throws {TypeError} If a field is unknown or of the wrong form; the message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function serverPolicyOf(who: string, options: object): ServerPolicy {
  return checked(who, SERVER_POLICY as AnySection, options);
}

/**
 * Checks that the methods of a policy are there.
 *
 * @param methods Those of all services.
 * @throws {TypeError} If there is none of that name or path; the message suggests the nearest.
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
