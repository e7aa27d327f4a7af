import { parseAddress } from "../base/address.ts";
import { checkCompression } from "../rpc/compression.ts";
import { checkLogger, createLogger, guardedLogger, type Logger } from "../base/logger.ts";
import { checkBoolean, checkFunction, checkList, checkNames, checkNumber, checkObject } from "../base/option_checks.ts";
import type { Service } from "../rpc/service.ts";
import type { Resolver } from "../registry/registry.ts";
import { staticAddresses } from "../registry/static.ts";
import { checkTransport, type TransportName } from "../transport/choose.ts";
import { checkClientTls } from "../tls/check.ts";
import { limitsOf } from "../transport/default_limits.ts";
import type { ClientTls, ClientTransport, Compression, Limits } from "../transport/transport.ts";
import { PolicyInUse } from "../policy/client_policy_in_use.ts";
import { CLIENT_POLICY_NAMES, clientPolicyOf } from "../policy/in_code.ts";
import type { ClientPolicy, PolicySource } from "../policy/policy.ts";
import type { Balancer } from "./balancing/balancer.ts";
import type { ClientMiddleware } from "./call/context.ts";
import type { Fallbacks } from "./call/fallback.ts";
import type { ChannelSettings } from "./instances/channel_settings.ts";

/**
 * What {@linkcode createClient} takes: a `name` and a `resolver`, or an `address`; and its policy, each field an option
 * of its own.
 */
export interface ClientOptions<S extends Service = Service> extends Omit<ClientPolicy, "balancer"> {
  /** The name that the service has in the registry; also the `:authority` of its calls. @default the address */
  name?: string;
  /** Where the name is looked up. Needs `name`. */
  resolver?: Resolver;
  /**
   * The server's address, or those of several: `"127.0.0.1:8888"`, `"unix:/run/echo.sock"`. Not together with
   * `resolver`.
   */
  address?: string | readonly string[];
  /** How long one attempt to connect may take, in milliseconds. @default {5000} */
  connectTimeout?: number;
  /**
   * How long closing the client waits for the calls in flight before it cancels them, in milliseconds.
   * @default {10000}
   */
  drainTimeout?: number;
  /** Which instance takes a call: a policy by its name, or one of your own. @default {"weighted_round_robin"} */
  balancer?: ClientPolicy["balancer"] | Balancer;
  /** Where a policy comes from that changes while the client runs. What it says replaces the options'. @default none */
  policy?: PolicySource<ClientPolicy>;
  /** Whether the policy's `inject` counts. @default {false} */
  allowInjection?: boolean;
  /** Code around every call; the first is the outermost. @default {[]} */
  middleware?: readonly ClientMiddleware[];
  /**
   * What answers in place of a method whose call has failed: `{ echo: (error, request) => ({ resp: "" }) }`. Not called
   * for a {@linkcode BizError}, nor when the caller gave up; of a stream of responses, only before the first.
   * @default {{}}
   */
  fallback?: Fallbacks<S>;
  /** TLS. @default plaintext */
  tls?: ClientTls;
  /** Bounds on what a server may send. */
  limits?: Partial<Limits>;
  /** How requests are encoded. @default {"identity"} */
  compression?: Compression;
  /** What moves the calls. @default {"http2"} */
  transport?: ClientTransport | TransportName;
  /** Where log lines go. @default stderr, from level warn on */
  logger?: Logger;
}

const NAMES = [
  "name",
  "resolver",
  "address",
  "connectTimeout",
  "drainTimeout",
  "middleware",
  "tls",
  "limits",
  "compression",
  "transport",
  "logger",
  "policy",
  "allowInjection",
  "fallback",
  ...CLIENT_POLICY_NAMES,
] satisfies (keyof ClientOptions)[];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong form, or does not fit the service; the message
 * names it and what is allowed.
 * @throws {RangeError} If a number is out of range.
 */
export function clientSettings(service: Service, options: ClientOptions): ChannelSettings {
  const who = "createClient";
  checkObject(`${who}: options`, options, '{ address: "127.0.0.1:8888" }');
  checkNames(who, options, NAMES);
  checkTransport(who, options.transport, "connect");
  const { logger: given = createLogger("warn") } = options;
  checkLogger(who, given);
  const logger = guardedLogger(given);
  const { name, resolver, address, tls, compression = "identity", balancer } = options;
  if ((resolver === undefined) === (address === undefined)) {
    throw new TypeError(`${who}: give either "address", or "name" and "resolver"`);
  }
  if (options.policy !== undefined) {
    checkObject(`${who}: policy`, options.policy, 'clientPolicyFrom(consul("127.0.0.1:8500"), key)', ["watch"]);
  }
  if (resolver !== undefined) {
    checkObject(`${who}: resolver`, resolver, 'consul("127.0.0.1:8500")', ["watch"]);
    checkList(`${who}: resolver.permissions`, resolver.permissions, "a list");
  }
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw new TypeError(`${who}: name is ${JSON.stringify(name)}; use a text that is not empty`);
  }
  const own = typeof balancer === "object" && balancer !== null ? balancer : undefined;
  if (own) checkObject(`${who}: balancer`, own, '"p2c", or an object with pick(candidates, call)', ["pick"]);
  const policy = clientPolicyOf(who, own ? { ...options, balancer: undefined } : options, service);
  checkBoolean(`${who}: allowInjection`, options.allowInjection);
  for (const one of checkList(`${who}: middleware`, options.middleware ?? [], "a list of functions (call, next)")) {
    checkFunction(`${who}: middleware`, one, "functions (call, next)");
  }
  if (resolver && !name) throw new TypeError(`${who}: "resolver" needs the service's "name"`);
  checkCompression(`${who}: compression`, compression);
  const addresses = address === undefined
    ? []
    : typeof address === "string"
    ? [address]
    : checkList(`${who}: address`, address, '"127.0.0.1:8888", or a list of such');
  if (address !== undefined && addresses.length === 0) throw new TypeError(`${who}: address is an empty list`);
  for (const one of addresses) {
    const parsed = parseAddress(one, `${who}: address`);
    if (parsed.kind === "tcp" && parsed.port === 0) {
      throw new TypeError(`${who}: address ${one} has port 0; give the server's port`);
    }
  }
  return {
    target: name ?? addresses.join(","),
    authority: name,
    resolver: resolver ?? staticAddresses(addresses),
    policy: new PolicyInUse(policy, options.policy, service, logger),
    connectTimeout: checkNumber(`${who}: connectTimeout`, options.connectTimeout ?? 5000, 1),
    drainTimeout: checkNumber(`${who}: drainTimeout`, options.drainTimeout ?? 10_000, 0),
    balancer: own,
    limits: limitsOf(who, options.limits),
    compression,
    tls: tls === undefined ? undefined : checkClientTls(who, tls),
    logger,
  };
}
