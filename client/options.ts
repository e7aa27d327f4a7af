import { parseAddress } from "../base/address.ts";
import { checkCompression } from "../rpc/compression.ts";
import { checkLogger, createLogger, guardedLogger, type Logger } from "../base/logger.ts";
import type { MetadataInit } from "../rpc/metadata.ts";
import type { Metadata } from "../rpc/metadata.ts";
import type { MetainfoInit } from "../rpc/metainfo.ts";
import { checkBoolean, checkFunction, checkList, checkNames, checkNumber, checkObject } from "../base/option_checks.ts";
import type { Method, Service } from "../rpc/service.ts";
import type { Resolver } from "../registry/registry.ts";
import { staticAddresses } from "../registry/static.ts";
import { checkTransport, type TransportChoice } from "../transport/choose.ts";
import { checkClientTls } from "../tls/check.ts";
import { limitsOf } from "../transport/default_limits.ts";
import type { ClientTls, Compression, Limits } from "../transport/transport.ts";
import { CLIENT_POLICY_NAMES, clientPolicyOf } from "../policy/in_code.ts";
import type { ClientPolicy, PolicySource } from "../policy/policy.ts";
import type { Balancer } from "./balancing/balancer.ts";
import { PolicyInUse } from "../policy/client_policy_in_use.ts";
import type { ClientMiddleware } from "./call/responses.ts";
import type { Fallbacks } from "./call/fallback.ts";

/** What {@linkcode createClient} takes: a `name` and a `resolver`, or an `address`; and its policy, each field an option of its own. */
export interface ClientOptions<S extends Service = Service> extends Omit<ClientPolicy, "balancer"> {
  /** The name that the service has in the registry; also the `:authority` of its calls. @default the address */
  name?: string;
  /** Where the name is looked up. Needs `name`. */
  resolver?: Resolver;
  /** The server's address, or those of several: `"127.0.0.1:8888"`, `"unix:/run/echo.sock"`. Not together with `resolver`. */
  address?: string | readonly string[];
  /** How long one attempt to connect may take, in milliseconds. @default {5000} */
  connectTimeout?: number;
  /** How long closing the client waits for the calls in flight before it cancels them, in milliseconds. @default {10000} */
  drainTimeout?: number;
  /** Which instance takes a call: a policy by its name, or one of your own. @default {"weighted_round_robin"} */
  balancer?: ClientPolicy["balancer"] | Balancer;
  /** Where a policy comes from that changes while the client runs. What it says replaces the options'. @default none */
  policy?: PolicySource<ClientPolicy>;
  /** Whether the policy's `inject` counts. @default {false} */
  allowInjection?: boolean;
  /** Code around every call; the first is the outermost. @default {[]} */
  middleware?: readonly ClientMiddleware[];
  /** What answers in place of a method whose call has failed: `{ echo: (error, request) => ({ resp: "" }) }`. Not called for a {@linkcode BizError}, nor when the caller gave up; of a stream of responses, only before the first. @default {{}} */
  fallback?: Fallbacks<S>;
  /** TLS. @default plaintext */
  tls?: ClientTls;
  /** Bounds on what a server may send. */
  limits?: Partial<Limits>;
  /** How requests are encoded. @default {"identity"} */
  compression?: Compression;
  /** What moves the calls. @default {"http2"} */
  transport?: TransportChoice;
  /** Where log lines go. @default stderr, from level warn on */
  logger?: Logger;
}

/** What one call can say. */
export interface CallOptions {
  /** Gives the call up: it rejects with CANCELLED, and the server sees it. */
  signal?: AbortSignal;
  /** How long it may take, in milliseconds; `Infinity` sets no limit. @default the client's `timeout` for unary calls */
  timeout?: number;
  /** When it must have ended: milliseconds since 1970, or a date. Of several limits the earliest counts. */
  deadline?: number | Date;
  /** Fields to send. */
  metadata?: MetadataInit;
  /** Kitex's metainfo to send, over what {@linkcode withMetainfo} and the handler's own call bring. */
  metainfo?: MetainfoInit;
  /** How the requests are encoded, or a function that says it of each. grpc-js can't choose by call. @default the client's option */
  compression?: Compression | ((request: unknown) => Compression);
  /** Takes the header when it arrives. */
  onHeader?(header: Metadata): void;
  /** Takes the trailer when the call has ended, also when it failed. */
  onTrailer?(trailer: Metadata): void;
  /** Takes the backward metainfo when the call has ended, if there is any. */
  onBackward?(values: ReadonlyMap<string, string>): void;
}

const CALL_NAMES: Readonly<Record<keyof CallOptions, true>> = {
  signal: true,
  timeout: true,
  deadline: true,
  metadata: true,
  metainfo: true,
  compression: true,
  onHeader: true,
  onTrailer: true,
  onBackward: true,
};
const CALL_NAME_SET: ReadonlySet<string> = new Set(Object.keys(CALL_NAMES));

/**
 * Checks the names of a call's options: each call pays for it.
 *
 * @throws {TypeError} If one does not exist; the message names it, and the nearest that does.
 */
export function checkCallOptions({ path }: Method, options: CallOptions): void {
  if (typeof options !== "object" || options === null) checkObject(`${path}: options`, options, "{ timeout: 500 }");
  for (const name in options) {
    if (!CALL_NAME_SET.has(name)) checkNames(path, options, [...CALL_NAME_SET]);
  }
}

/** The options in the form that the client works with. */
export interface ClientSettings {
  /** What errors and logs call the service. */
  readonly target: string;
  readonly authority: string | undefined;
  readonly resolver: Resolver;
  readonly policy: PolicyInUse;
  readonly connectTimeout: number;
  readonly drainTimeout: number;
  /** The caller's own; undefined to go by the policy. */
  readonly balancer: Balancer | undefined;
  readonly limits: Limits;
  readonly compression: Compression;
  readonly tls: ClientTls | undefined;
  readonly logger: Logger;
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
 * @throws {TypeError} If an option is missing, unknown or of the wrong form, or does not fit the service; the message names it and what is
 * allowed.
 * @throws {RangeError} If a number is out of range.
 */
export function clientSettings(service: Service, options: ClientOptions): ClientSettings {
  const who = "createClient";
  checkObject(`${who}: options`, options, '{ address: "127.0.0.1:8888" }');
  checkNames(who, options, NAMES);
  checkTransport(who, options.transport);
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
