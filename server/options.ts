import { type Address, formatAddress, parseAddress, parseListenAddress } from "../base/address.ts";
import { checkCompression } from "../rpc/compression.ts";
import { hasControl } from "../rpc/field_value.ts";
import { checkLogger, createLogger, guardedLogger, type Logger } from "../base/logger.ts";
import { allowList } from "../rpc/metainfo.ts";
import {
  checkBoolean,
  checkFunction,
  checkList,
  checkNames,
  checkNumber,
  checkObject,
  checkTexts,
} from "../base/option_checks.ts";
import { SERVER_POLICY_NAMES, serverPolicyOf } from "../policy/in_code.ts";
import type { PolicySource, ServerPolicy } from "../policy/policy.ts";
import type { Registry } from "../registry/registry.ts";
import { checkTransport, type TransportName } from "../transport/choose.ts";
import { limitsOf } from "../transport/default_limits.ts";
import { checkServerTls } from "../tls/check.ts";
import type { Compression, Limits, ServerTls, ServerTransport } from "../transport/transport.ts";
import type { MetainfoRules } from "./call/context.ts";
import type { HealthCheck } from "./health/checks.ts";

/** Where and how a server answers health checks over HTTP. */
export interface HealthOptions {
  /** Where Deno.serve listens: `"127.0.0.1:8889"`. Keep it private: strangers have no business there. */
  address: string;
  /**
   * Further conditions for being ready, by name: a function that throws, rejects or returns false says no, to
   * `grpc.health.v1` as well. They run once a second at most.
   * @default {{}}
   */
  checks?: Readonly<Record<string, HealthCheck>>;
  /** How long one check may take, in milliseconds. @default {1000} */
  checkTimeout?: number;
}

/** Workers that a server takes calls in. */
export interface Workers {
  /** How many. More than the machine has cores are of no use. */
  count: number;
  /**
   * What each worker may do; what is not named it may not. Deno wants `--unstable-worker-options` for it, else it ends
   * the process. The program's own modules are loaded without permission.
   *
   * @default what the process may
   */
  permissions?: Deno.PermissionOptionsObject;
}

/** What {@linkcode createServer} takes: what it protects itself by ({@linkcode ServerPolicy}) stands among the rest. */
export interface ServerOptions extends ServerPolicy {
  /** The service's name, as others find it in the registry. */
  name: string;
  /**
   * Where it takes calls: `"127.0.0.1:8888"`, `":8888"` (all interfaces, IPv6 and IPv4), port 0 (a free one), or
   * `"unix:/run/echo.sock"`.
   */
  address: string;
  /** Health checks over HTTP. @default none */
  health?: HealthOptions;
  /**
   * Whether it tells tools such as grpcurl what services it has and what their messages look like, by gRPC's server
   * reflection: to all who can call it.
   * @default {false}
   */
  reflection?: boolean;
  /** Where it registers while it serves. @default nowhere */
  registry?: Registry;
  /**
   * The address that is registered, where it is not the one it listens on: a host and port that others can reach.
   * @default the first address of this machine that is not loopback, if it listens on all interfaces
   */
  advertise?: string;
  /** Its share of the calls beside the other instances'. @default {10} */
  weight?: number;
  /** Labels in the registry, such as `{ zone: "a", version: "v1" }`. @default {{}} */
  tags?: Readonly<Record<string, string>>;
  /** Facts in the registry for people, tools and clients that select by them. @default {{}} */
  meta?: Readonly<Record<string, string>>;
  /** TLS for its calls. @default plaintext */
  tls?: ServerTls;
  /** Bounds on what a caller may send. */
  limits?: Partial<Limits>;
  /** How replies are encoded for callers that accept it. @default {"identity"} */
  compression?: Compression;
  /** The metainfo keys that are taken from callers, for a server at the edge. @default all */
  allowMetainfo?: readonly string[];
  /**
   * Whether transient metainfo goes on over every hop, as in Kitex's default mode, rather than over one. The context of
   * a trace (`TRACEPARENT`, `TRACESTATE`, `BAGGAGE`) always does.
   * @default {false}
   */
  forwardTransient?: boolean;
  /**
   * How long it goes on taking calls after it left the registry, so that all callers hear of it, in milliseconds. Kitex
   * polls every 5 s.
   * @default {6000} with a registry, else 0
   */
  drainDelay?: number;
  /** How long calls in flight may take after that before they are cut, in milliseconds. @default {10000} */
  drainTimeout?: number;
  /**
   * Gives up the permissions that it needs no more once it serves: read, write (unless for a unix socket), env, run,
   * sys, ffi, import. What its registry lists stays.
   * @default {false}
   */
  dropPermissions?: boolean;
  /**
   * Takes calls in so many workers, which share the port, so that it uses as many cores; health checks and the registry
   * stay with the main thread. The main module runs in each worker too, up to {@linkcode Server.run} or {@linkcode
   * Server.start}, and nothing in memory is shared. Limits hold for each worker, those of {@linkcode ServerPolicy} too.
   * One that ends by an error is replaced. Needs permission to read the program.
   *
   * Linux divides the connections among the workers; other systems may give all to one. With `--unstable-net` a call
   * takes less time.
   *
   * @default all calls in the main thread
   */
  workers?: number | Workers;
  /**
   * What replaces the options of {@linkcode ServerPolicy} while it runs. With workers each of them watches it.
   * @default none
   */
  policy?: PolicySource<ServerPolicy>;
  /** Whether `inject` has an effect: never in production. @default {false} */
  allowInjection?: boolean;
  /** What moves the calls. @default {"http2"} */
  transport?: ServerTransport | TransportName;
  /** Where log lines go. @default stderr, from level info on */
  logger?: Logger;
}

/** The options in the form that the server works with. */
export interface Settings {
  readonly address: Address;
  readonly healthAddress: Extract<Address, { kind: "tcp" }> | undefined;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly checkTimeout: number;
  readonly limits: Limits;
  readonly metainfo: MetainfoRules;
  readonly drainDelay: number;
  readonly drainTimeout: number;
  /** The texts as they are given to TLS. */
  readonly tls: ServerTls | undefined;
  readonly workers: Workers | undefined;
  readonly policy: ServerPolicy;
  readonly logger: Logger;
}

const NAMES = [
  "name",
  "address",
  "health",
  "reflection",
  "registry",
  "advertise",
  "weight",
  "tags",
  "meta",
  "tls",
  "limits",
  "compression",
  "allowMetainfo",
  "forwardTransient",
  "drainDelay",
  "drainTimeout",
  "dropPermissions",
  "workers",
  "transport",
  "logger",
  "policy",
  "allowInjection",
  ...SERVER_POLICY_NAMES,
] satisfies (keyof ServerOptions)[];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong form; the message names it and what is allowed.
 * @throws {RangeError} If a number is out of range.
 */
export function settingsOf(options: ServerOptions): Settings {
  const who = "createServer";
  checkObject(`${who}: options`, options, '{ name: "echoservice", address: "127.0.0.1:8888" }');
  checkNames(who, options, NAMES);
  if (typeof options.name !== "string" || options.name === "") {
    throw new TypeError(
      `${who}: name is ${JSON.stringify(options.name)}; give the service's name, for example "echoservice"`,
    );
  }
  if (hasControl(options.name)) {
    throw new TypeError(`${who}: name is ${JSON.stringify(options.name)}; leave out the control characters`);
  }
  checkTransport(who, options.transport, "listen");
  const { compression = "identity", tls, logger = createLogger() } = options;
  checkLogger(who, logger);
  checkCompression(`${who}: compression`, compression);
  const { registry, dropPermissions, forwardTransient } = options;
  if (registry !== undefined) checkObject(`${who}: registry`, registry, 'consul("127.0.0.1:8500")', ["register"]);
  if (options.policy !== undefined) {
    checkObject(`${who}: policy`, options.policy, 'serverPolicyFrom(consul("127.0.0.1:8500"), key)', ["watch"]);
  }
  checkBoolean(`${who}: reflection`, options.reflection);
  checkBoolean(`${who}: dropPermissions`, dropPermissions);
  checkBoolean(`${who}: forwardTransient`, forwardTransient);
  checkBoolean(`${who}: allowInjection`, options.allowInjection);
  if (options.advertise !== undefined) parseAddress(options.advertise, `${who}: advertise`);
  const number = (name: "weight" | "drainDelay" | "drainTimeout", fallback: number, least: number) =>
    checkNumber(`${who}: ${name}`, options[name] ?? fallback, least);
  number("weight", 10, 1);
  checkTexts(`${who}: tags`, options.tags, '{ zone: "a" }');
  checkTexts(`${who}: meta`, options.meta, '{ owner: "team" }');
  if (options.allowMetainfo !== undefined) checkList(`${who}: allowMetainfo`, options.allowMetainfo, '["CLIENT_NAME"]');
  const address = parseListenAddress(options.address, `${who}: address`);
  return {
    address,
    healthAddress: options.health === undefined ? undefined : healthAddress(options.health, address, who),
    checks: options.health?.checks ?? {},
    checkTimeout: options.health?.checkTimeout ?? 1000,
    limits: limitsOf(who, options.limits),
    metainfo: {
      allowed: options.allowMetainfo && allowList(options.allowMetainfo),
      forwardTransient: forwardTransient ?? false,
    },
    tls: tls === undefined ? undefined : checkServerTls(who, tls),
    drainDelay: number("drainDelay", registry ? 6000 : 0, 0),
    drainTimeout: number("drainTimeout", 10_000, 0),
    workers: options.workers === undefined ? undefined : workersOf(options.workers, options, address, who),
    policy: serverPolicyOf(who, options),
    logger: guardedLogger(logger),
  };
}

function workersOf(given: number | Workers, options: ServerOptions, { kind }: Address, who: string): Workers {
  const workers = typeof given === "object" && given !== null ? given : { count: given };
  checkNames(`${who}: workers`, workers, ["count", "permissions"]);
  const { count, permissions } = workers;
  if (!Number.isInteger(checkNumber(`${who}: workers`, count, 1))) {
    throw new RangeError(`${who}: workers is ${count}; use a whole number of at least 1`);
  }
  const { transport = "http2", dropPermissions } = options;
  if (transport !== "http2") {
    const name = typeof transport === "object" ? transport.name : transport;
    throw new TypeError(`${who}: workers share a port, which the transport ${JSON.stringify(name)} can't; use "http2"`);
  }
  if (kind !== "tcp") {
    throw new TypeError(`${who}: workers share a port, and ${options.address} has none; use "host:port"`);
  }
  if (dropPermissions && !permissions) {
    throw new TypeError(
      `${who}: dropPermissions would take from the main thread what a new worker needs; give each worker its own by ` +
        `workers.permissions (with --unstable-worker-options), or leave dropPermissions out`,
    );
  }
  return workers;
}

function healthAddress(health: HealthOptions, calls: Address, who: string): Settings["healthAddress"] {
  checkObject(`${who}: health`, health, '{ address: "127.0.0.1:8889" }');
  checkNames(`${who}: health`, health, ["address", "checks", "checkTimeout"]);
  checkNumber(`${who}: health.checkTimeout`, health.checkTimeout ?? 1000, 1);
  checkObject(`${who}: health.checks`, health.checks ?? {}, "{ database: () => pool.ping() }");
  for (const [name, check] of Object.entries(health.checks ?? {})) {
    checkFunction(`${who}: health.checks: ${name}`, check, "a function (signal)");
  }
  const address = parseListenAddress(health.address, `${who}: health.address`);
  if (address.kind !== "tcp") throw new TypeError(`${who}: health.address is ${health.address}; use "host:port"`);
  if (address.port > 0 && formatAddress(address) === formatAddress(calls)) {
    throw new TypeError(`${who}: health.address is ${health.address}, where the calls go too; give it another port`);
  }
  return address;
}
