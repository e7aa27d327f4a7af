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

/** Options of the HTTP health endpoint. */
export interface HealthOptions {
  /**
   * The address of the health endpoint, such as `"127.0.0.1:8889"`. Keep it private: do not expose it to the internet.
   */
  address: string;
  /**
   * Readiness checks by name. A check fails if it throws, rejects or returns false. Failed checks also count for
   * `grpc.health.v1`. The checks run at most once a second.
   * @default {{}}
   */
  checks?: Readonly<Record<string, HealthCheck>>;
  /** The timeout of one check, in milliseconds. @default {1000} */
  checkTimeout?: number;
}

/** The workers of a server. */
export interface Workers {
  /** The number of workers. More workers than cores do not help. */
  count: number;
  /**
   * The permissions of each worker. A permission that is not named is denied. This needs the flag
   * `--unstable-worker-options`: without it, Deno ends the process. Loading the program's modules needs read permission
   * of the process, not of the worker.
   *
   * @default the permissions of the process
   */
  permissions?: Deno.PermissionOptionsObject;
}

/**
 * The options of {@linkcode createServer}. They include those of {@linkcode ServerPolicy}, which protect the server.
 */
export interface ServerOptions extends ServerPolicy {
  /** The name of the service, by which clients find it in the registry. */
  name: string;
  /**
   * The address to listen on: `"127.0.0.1:8888"`, `":8888"` (all interfaces, IPv6 and IPv4) or `"unix:/run/echo.sock"`.
   * With port 0 the system chooses a free port.
   */
  address: string;
  /** The HTTP health endpoint. @default none */
  health?: HealthOptions;
  /**
   * Whether the server offers gRPC server reflection, from which tools such as grpcurl learn its services and message
   * types. Every client that can call the server can read them.
   * @default {false}
   */
  reflection?: boolean;
  /** The registry in which the server is registered while it serves. @default none */
  registry?: Registry;
  /**
   * The host and port that is registered, if clients can't reach the server at `address`.
   * @default `address`; if it means all interfaces, the first address of this machine that is not loopback
   */
  advertise?: string;
  /** The server's share of the calls, relative to the weights of the other instances. @default {10} */
  weight?: number;
  /** Labels of the instance in the registry, such as `{ zone: "a", version: "v1" }`. @default {{}} */
  tags?: Readonly<Record<string, string>>;
  /**
   * Additional metadata of the instance in the registry, for people, tools, and clients that filter by it.
   * @default {{}}
   */
  meta?: Readonly<Record<string, string>>;
  /** The server's certificate and key for TLS. @default plaintext */
  tls?: ServerTls;
  /** Limits of the resources that clients may use. @default those of {@linkcode Limits} */
  limits?: Partial<Limits>;
  /** The encoding of responses, for clients that accept it. @default {"identity"} */
  compression?: Compression;
  /** The metainfo keys to accept from clients. Set it on servers that untrusted clients can call. @default all */
  allowMetainfo?: readonly string[];
  /**
   * Whether transient metainfo propagates over every hop, as in Kitex's default mode, instead of only one. The context
   * of a trace (`TRACEPARENT`, `TRACESTATE`, `BAGGAGE`) always propagates.
   * @default {false}
   */
  forwardTransient?: boolean;
  /**
   * How long a stopping server still takes calls after it has left the registry, in milliseconds. Clients need this
   * time to notice the change: Kitex polls the registry every 5 s.
   * @default {6000} with a registry, else 0
   */
  drainDelay?: number;
  /**
   * How long in-flight calls may take after `drainDelay` before they are cancelled, in milliseconds.
   * @default {10000}
   */
  drainTimeout?: number;
  /**
   * Whether the process drops the permissions that it no longer needs once it serves: read, write (kept for a unix
   * socket), env, run, sys, ffi and import. Permissions that the registry or the policy source needs are kept.
   * @default {false}
   */
  dropPermissions?: boolean;
  /**
   * The number of workers that take the calls, so that the server uses that many cores. They share the port; health
   * checks and the registry stay in the main thread. Each worker also runs the main module, up to
   * {@linkcode Server.run} or {@linkcode Server.start}, and workers share no memory. Limits apply to each worker
   * separately, also those of {@linkcode ServerPolicy}. A worker that ends with an error is replaced. Workers need
   * permission to read the program.
   *
   * Linux distributes the connections over the workers; other systems may give all connections to one worker. Calls are
   * faster with `--unstable-net`.
   *
   * @default no workers: the main thread takes all calls
   */
  workers?: number | Workers;
  /**
   * A source of policies that override the options of {@linkcode ServerPolicy} while the server runs. Each worker
   * watches the source itself.
   * @default none
   */
  policy?: PolicySource<ServerPolicy>;
  /** Whether `inject` has an effect. Never set it in production. @default {false} */
  allowInjection?: boolean;
  /** The transport of the calls. @default {"http2"} */
  transport?: ServerTransport | TransportName;
  /** The destination of log lines. @default stderr, level info and above */
  logger?: Logger;
}

/** The options, checked and with their defaults, in the form that the server uses. */
export interface Settings {
  readonly address: Address;
  readonly healthAddress: Extract<Address, { kind: "tcp" }> | undefined;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly checkTimeout: number;
  readonly limits: Limits;
  readonly metainfo: MetainfoRules;
  readonly drainDelay: number;
  readonly drainTimeout: number;
  /** The certificate and key as texts. */
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
 * @throws {TypeError} If an option is missing, unknown or malformed. The error names the option and the allowed form.
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
