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
import { SERVER_POLICY_NAMES, serverPolicyOf } from "../policy/policy_in_code.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import { checkTransport } from "../transport/choose.ts";
import { limitsOf } from "../transport/default_limits.ts";
import { checkServerTls } from "../tls/check.ts";
import type { Limits, ServerTls } from "../transport/transport.ts";
import type { MetainfoRules } from "./call/context.ts";
import type { HealthCheck } from "./health/checks.ts";
import type { HealthOptions, ServerOptions, Workers } from "./options.ts";

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
    tls: tls === undefined ? undefined : checkServerTls(`${who}: `, tls),
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
