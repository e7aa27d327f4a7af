import { serverAddress } from "../base/options/address_fields.ts";
import { checkOptions, optionError } from "../base/options/check_options.ts";
import {
  callable,
  type Fields,
  type Leaf,
  leaf,
  list,
  milliseconds,
  object,
  or,
  provider,
  text,
  unfilled,
  withDefaults,
  yesOrNo,
} from "../base/options/fields.ts";
import { createLogger, guardedLogger, type Logger, loggerField } from "../base/logger.ts";
import type { Service } from "../rpc/service.ts";
import type { Resolver } from "../registry/registry.ts";
import { staticAddresses } from "../registry/static.ts";
import type { TransportName } from "../transport/choose.ts";
import { COMPRESSION, transportField } from "../transport/option_fields.ts";
import { checkClientTls } from "../tls/check.ts";
import { CLIENT_TLS } from "../tls/option_fields.ts";
import { LIMITS, limitsOf } from "../transport/limit_fields.ts";
import type { ClientTls, ClientTransport, Compression, Limits } from "../transport/transport.ts";
import { PolicyInUse } from "../policy/client_policy_in_use.ts";
import { CLIENT_POLICY } from "../policy/client_fields.ts";
import { clientPolicyOf } from "../policy/policy_in_code.ts";
import type { ClientPolicy, PolicySource } from "../policy/policy.ts";
import type { Balancer } from "./balancing/balancer.ts";
import type { ClientMiddleware } from "./call/context.ts";
import { fallbackFields, type Fallbacks } from "./call/fallback.ts";
import type { ChannelSettings } from "./instances/channel_settings.ts";

/**
 * The options of {@linkcode createClient}: a `name` and a `resolver`, or an `address`. Each field of the client's
 * policy is an option too.
 */
export interface ClientOptions<S extends Service = Service> extends Omit<ClientPolicy, "balancer"> {
  /**
   * The service's name in the registry. It is also the `:authority` of calls.
   * @default {the address}
   */
  name?: string;
  /** The registry in which the client looks up the `name`. */
  resolver?: Resolver;
  /**
   * The server's address, or a list of addresses: `"127.0.0.1:8888"`, `"unix:/run/echo.sock"`. Not together with
   * `resolver`.
   */
  address?: string | readonly string[];
  /**
   * How long an attempt to connect may take, in milliseconds.
   * @default {5000}
   */
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
  /**
   * The source of a policy that may change while the client runs. Its values override the options.
   * @default {none}
   */
  policy?: PolicySource<ClientPolicy>;
  /**
   * Whether the client injects the faults of the policy's `inject`.
   * @default {false}
   */
  allowInjection?: boolean;
  /**
   * Code around every call. The first one is the outermost.
   * @default {[]}
   */
  middleware?: readonly ClientMiddleware[];
  /**
   * Functions that answer in place of methods whose call has failed: `{ echo: (error, request) => ({ resp: "" }) }`.
   * They are not called for a {@linkcode BizError}, nor when the caller gave up, nor after the first response of a
   * stream.
   *
   * @default {none}
   */
  fallback?: Fallbacks<S>;
  /**
   * The authorities that the client trusts, and its own certificate, for TLS.
   * @default {plaintext}
   */
  tls?: ClientTls;
  /** Limits on what a server may send. */
  limits?: Partial<Limits>;
  /**
   * How requests are encoded.
   * @default {"identity"}
   */
  compression?: Compression;
  /**
   * The transport that moves the calls.
   * @default {"http2"}
   */
  transport?: ClientTransport | TransportName;
  /**
   * The logger of the client.
   * @default {stderr, from level warn on}
   */
  logger?: Logger;
}

/** The declarations of the options of `createClient`, beside those of its policy. */
export const CLIENT_OPTIONS = {
  name: text("a text that is not empty", /^[^]/),
  resolver: provider('consul("127.0.0.1:8500")', "watch"),
  address: addresses(),
  connectTimeout: or(milliseconds(), 5000),
  drainTimeout: or(milliseconds(0), 10_000),
  balancer: balancer(),
  policy: object('clientPolicyFrom(consul("127.0.0.1:8500"), key)', "watch"),
  allowInjection: or(yesOrNo(), false),
  middleware: list<ClientMiddleware>(callable("a function (call, next)"), 0, "a list of functions (call, next)"),
  fallback: object('{ echo: (error, request) => ({ resp: "" }) }'),
  tls: CLIENT_TLS,
  limits: LIMITS,
  compression: or(COMPRESSION, "identity"),
  transport: transportField("connect"),
  logger: loggerField(),
} satisfies Fields<Omit<ClientOptions, Exclude<keyof ClientPolicy, "balancer">>>;

/** The addresses of the servers: at least one, and none with port 0. */
function addresses(): Leaf<string | readonly string[]> {
  const address = serverAddress();
  return {
    ...leaf<string | readonly string[]>(
      "text",
      `${address.allowed}, or a list of such`,
      (value) => Array.isArray(value) ? value.length > 0 ? value : undefined : address.check(value),
    ),
    item: address,
  };
}

/** The name of a built-in balancer, or a balancer of the user's own. */
function balancer(): Leaf<NonNullable<ClientOptions["balancer"]>> {
  const names = CLIENT_POLICY.entries.balancer as Leaf<NonNullable<ClientPolicy["balancer"]>>;
  const own = object<Balancer>('"p2c", or an object with pick(candidates, call)', "pick");
  return {
    ...names,
    check: (value) => names.check(value) ?? own.check(value),
    problem: own.problem,
  };
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} If an option is missing, unknown or malformed, or does not fit the service. The message names the
 * option and what is allowed.
 * @throws {RangeError} If a number is out of range.
 */
export function clientSettings(service: Service, given: ClientOptions): ChannelSettings {
  const who = "createClient";
  const entries = { ...CLIENT_POLICY.entries, ...CLIENT_OPTIONS, fallback: fallbackFields(service) };
  const declared = { ...unfilled(entries as Fields<unknown>), use: '{ address: "127.0.0.1:8888" }' };
  const options = checkOptions<ClientOptions>(who, declared, given);
  // The defaults of the policy apply later: a policy source overrides options that are set, and no others.
  const { connectTimeout, drainTimeout, compression } = withDefaults({ entries: CLIENT_OPTIONS }, options);
  const { name, resolver, address, tls, balancer } = options;
  if ((resolver === undefined) === (address === undefined)) {
    throw optionError(who, { path: "address", message: 'give either "address", or "name" and "resolver"' });
  }
  if (resolver && !name) throw optionError(who, { path: "name", message: `"resolver" needs the service's "name"` });
  const own = typeof balancer === "object" ? balancer : undefined;
  const policy = clientPolicyOf(who, own ? { ...options, balancer: undefined } : options, service);
  const logger = guardedLogger(options.logger ?? createLogger("warn"));
  const all = address === undefined ? [] : [address].flat();
  return {
    target: name ?? all.join(","),
    authority: name,
    resolver: resolver ?? staticAddresses(all),
    policy: new PolicyInUse(policy, options.policy, service, logger),
    connectTimeout,
    drainTimeout,
    balancer: own,
    limits: limitsOf(options.limits),
    compression,
    tls: tls && checkClientTls(who, tls),
    logger,
  };
}
