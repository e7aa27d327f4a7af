import { hostAndPort, listenAddress } from "../base/options/address_fields.ts";
import {
  callable,
  type Fields,
  given,
  keyed,
  type Leaf,
  leaf,
  list,
  milliseconds,
  number,
  object,
  or,
  required,
  text,
  whole,
  yesOrNo,
} from "../base/options/fields.ts";
import { loggerField } from "../base/logger.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import { hasControl } from "../rpc/field_value.ts";
import { SERVER_TLS } from "../tls/option_fields.ts";
import { LIMITS } from "../transport/limit_fields.ts";
import { COMPRESSION, transportField } from "../transport/option_fields.ts";
import type { HealthCheck } from "./health/checks.ts";
import type { HealthOptions, ServerOptions, Workers } from "./options.ts";

/** The name of a service. It is sent in header fields. */
function serviceName(): Leaf<string> {
  return {
    ...text('the service\'s name, for example "echoservice"'),
    check: (value) => typeof value === "string" && value !== "" && !hasControl(value) ? value : undefined,
    problem: (value) =>
      typeof value === "string" && value !== "" ? "has control characters; leave them out" : undefined,
  };
}

/** The number of workers. */
export const WORKER_COUNT = whole(1);

/** The declaration of {@linkcode Workers}. */
export const WORKERS = given<Workers>({
  count: required(WORKER_COUNT),
  permissions: object<Deno.PermissionOptionsObject>("{ net: true }"),
});

/** The declarations of the options of `createServer`, beside those of its policy. */
export const SERVER_OPTIONS = {
  name: required(serviceName()),
  address: required(listenAddress()),
  health: given<HealthOptions>({
    address: required(hostAndPort()),
    checks: keyed<HealthCheck>(callable("a function (signal)")),
    checkTimeout: or(milliseconds(), 1000),
  }, '{ address: "127.0.0.1:8889" }'),
  reflection: or(yesOrNo(), false),
  registry: object('consul("127.0.0.1:8500")', "register"),
  advertise: hostAndPort(),
  weight: or(number("a number of at least 1", 1), 10),
  tags: keyed<string>(text(), '{ zone: "a" }'),
  meta: keyed<string>(text(), '{ owner: "team" }'),
  tls: SERVER_TLS,
  limits: LIMITS,
  compression: or(COMPRESSION, "identity"),
  allowMetainfo: list(text(), 0, 'a list of keys, for example ["CLIENT_NAME"]'),
  forwardTransient: or(yesOrNo(), false),
  drainDelay: milliseconds(0),
  drainTimeout: or(milliseconds(0), 10_000),
  dropPermissions: or(yesOrNo(), false),
  workers: leaf(
    "number",
    "a whole number of at least 1, or { count, permissions }",
    (value) => typeof value === "object" && value !== null ? value as Workers : WORKER_COUNT.check(value),
  ),
  transport: transportField("listen"),
  logger: loggerField(),
  policy: object('serverPolicyFrom(consul("127.0.0.1:8500"), key)', "watch"),
  allowInjection: or(yesOrNo(), false),
} satisfies Fields<Omit<ServerOptions, keyof ServerPolicy>>;
