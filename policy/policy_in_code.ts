import { optionError } from "../base/options/check_options.ts";
import type { Method, Service } from "../rpc/service.ts";
import { CLIENT_POLICY } from "./client_fields.ts";
import { clientMisfits, type Misfit, misfitPath, serverMisfits } from "./misfits.ts";
import type { ClientPolicy } from "./policy.ts";
import { SERVER_POLICY } from "./server_fields.ts";
import type { ServerPolicy } from "./server_policy.ts";

/**
 * Returns the policy in a client's options, whose fields are valid. Other options are ignored.
 *
 * @param who The function, for messages: `"createClient"`.
 * @throws {TypeError} If fields contradict each other, or do not fit the service. The message names the field.
 * @throws {RangeError} If a number is out of range.
 */
export function clientPolicyOf(who: string, options: object, service: Service): ClientPolicy {
  const policy = among<ClientPolicy>(CLIENT_POLICY.entries, options);
  refuse(who, clientMisfits(policy, service));
  return policy;
}

/**
 * Returns the policy in a server's options, whose fields are valid. Other options are ignored. The methods are checked
 * later, by {@linkcode checkServerMethods}, when they are known.
 */
export const serverPolicyOf = (options: object): ServerPolicy => among<ServerPolicy>(SERVER_POLICY.entries, options);

/**
 * Checks that all methods that a policy names exist.
 *
 * @param methods The methods of all services.
 * @throws {TypeError} If a method does not exist. The message suggests the nearest name.
 */
export function checkServerMethods(who: string, policy: ServerPolicy, methods: readonly Method[]): void {
  refuse(who, serverMisfits(policy, methods));
}

function among<T>(fields: { readonly [K in keyof T]-?: unknown }, options: object): T {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(fields, name))) as T;
}

function refuse(who: string, [misfit]: readonly Misfit[]): void {
  if (!misfit) return;
  const path = misfitPath(misfit);
  throw optionError(who, { path, message: `${path} ${misfit.text}`, range: misfit.range });
}
