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
import { CLIENT_POLICY_NAMES, clientPolicyOf } from "../policy/policy_in_code.ts";
import type { ClientPolicy, PolicySource } from "../policy/policy.ts";
import type { Balancer } from "./balancing/balancer.ts";
import type { ClientMiddleware } from "./call/context.ts";
import type { Fallbacks } from "./call/fallback.ts";
import type { ChannelSettings } from "./instances/channel_settings.ts";

/**
 * The options of {@linkcode createClient}: a `name` and a `resolver`, or an `address`. Each field of the client's
 * policy is an option too.
 */
export interface ClientOptions<S extends Service = Service> extends Omit<ClientPolicy, "balancer"> {
  /** The service's name in the registry. It is also the `:authority` of calls. @default the address */
  name?: string;
  /** The registry in which the client looks up the `name`. */
  resolver?: Resolver;
  /**
   * The server's address, or a list of addresses: `"127.0.0.1:8888"`, `"unix:/run/echo.sock"`. Not together with
   * `resolver`.
   */
  address?: string | readonly string[];
  /** How long an attempt to connect may take, in milliseconds. @default {5000} */
  connectTimeout?: number;
  /**
   * How long a client that is closed waits for calls in flight before it cancels them, in milliseconds.
   * @default {10000}
   */
  drainTimeout?: number;
  /**
   * Chooses the instance for each call: the name of a built-in balancer, or one of your own.
   * @default {"weighted_round_robin"}
   */
  balancer?: ClientPolicy["balancer"] | Balancer;
  /** The source of a policy that may change while the client runs. Its values override the options. @default none */
  policy?: PolicySource<ClientPolicy>;
  /** Whether the client injects the faults of the policy's `inject`. @default {false} */
  allowInjection?: boolean;
  /** Code around every call. The first one is the outermost. @default {[]} */
  middleware?: readonly ClientMiddleware[];
  /**
   * Functions that answer in place of methods whose call has failed: `{ echo: (error, request) => ({ resp: "" }) }`.
   * They are not called for a {@linkcode BizError}, nor when the caller gave up, nor after the first response of a
   * stream.
   *
   * @default {{}}
   */
  fallback?: Fallbacks<S>;
  /** TLS. @default plaintext */
  tls?: ClientTls;
  /** Limits on what a server may send. */
  limits?: Partial<Limits>;
  /** How requests are encoded. @default {"identity"} */
  compression?: Compression;
  /** The transport that moves the calls. @default {"http2"} */
  transport?: ClientTransport | TransportName;
  /** The logger of the client. @default stderr, from level warn on */
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
 * @throws {TypeError} If an option is missing, unknown or malformed, or does not fit the service. The message names the
 * option and what is allowed.
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
  checkSources(who, options);
  const own = typeof balancer === "object" && balancer !== null ? balancer : undefined;
  if (own) checkObject(`${who}: balancer`, own, '"p2c", or an object with pick(candidates, call)', ["pick"]);
  const policy = clientPolicyOf(who, own ? { ...options, balancer: undefined } : options, service);
  checkBoolean(`${who}: allowInjection`, options.allowInjection);
  for (const layer of checkList(`${who}: middleware`, options.middleware ?? [], "a list of functions (call, next)")) {
    checkFunction(`${who}: middleware`, layer, "functions (call, next)");
  }
  if (resolver && !name) throw new TypeError(`${who}: "resolver" needs the service's "name"`);
  checkCompression(`${who}: compression`, compression);
  const addresses = address === undefined ? [] : addressesOf(who, address);
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
    tls: tls === undefined ? undefined : checkClientTls(`${who}: `, tls),
    logger,
  };
}

/** Checks where the service is, and where its policy comes from. */
function checkSources(who: string, { name, resolver, address, policy }: ClientOptions): void {
  if ((resolver === undefined) === (address === undefined)) {
    throw new TypeError(`${who}: give either "address", or "name" and "resolver"`);
  }
  if (policy !== undefined) {
    checkObject(`${who}: policy`, policy, 'clientPolicyFrom(consul("127.0.0.1:8500"), key)', ["watch"]);
  }
  if (resolver !== undefined) {
    checkObject(`${who}: resolver`, resolver, 'consul("127.0.0.1:8500")', ["watch"]);
    checkList(`${who}: resolver.permissions`, resolver.permissions, "a list");
  }
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw new TypeError(`${who}: name is ${JSON.stringify(name)}; use a text that is not empty`);
  }
}

/** The addresses of the servers: at least one, and none with port 0. */
function addressesOf(who: string, address: string | readonly string[]): readonly string[] {
  const addresses = typeof address === "string"
    ? [address]
    : checkList(`${who}: address`, address, '"127.0.0.1:8888", or a list of such');
  if (addresses.length === 0) throw new TypeError(`${who}: address is an empty list`);
  for (const text of addresses) {
    const parsed = parseAddress(text, `${who}: address`);
    if (parsed.kind === "tcp" && parsed.port === 0) {
      throw new TypeError(`${who}: address ${text} has port 0; give the server's port`);
    }
  }
  return addresses;
}
