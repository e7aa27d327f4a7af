import { type Address, formatAddress, parseListenAddress } from "../base/address.ts";
import { checkOptions, optionError } from "../base/options/check_options.ts";
import { unfilled, withDefaults } from "../base/options/fields.ts";
import { createLogger, guardedLogger, type Logger } from "../base/logger.ts";
import { allowList } from "../rpc/metainfo.ts";
import { SERVER_POLICY } from "../policy/server_fields.ts";
import { serverPolicyOf } from "../policy/policy_in_code.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import { limitsOf } from "../transport/limit_fields.ts";
import { checkServerTls } from "../tls/check.ts";
import type { Compression, Limits, ServerTls } from "../transport/transport.ts";
import type { MetainfoRules } from "./call/context.ts";
import type { HealthCheck } from "./health/checks.ts";
import { SERVER_OPTIONS, WORKERS } from "./option_fields.ts";
import type { HealthOptions, ServerOptions, Workers } from "./options.ts";

/** The options, checked and with their defaults, in the form that the server uses. */
export interface Settings {
  readonly address: Address;
  readonly healthAddress: Extract<Address, { kind: "tcp" }> | undefined;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly checkTimeout: number;
  readonly limits: Limits;
  readonly compression: Compression;
  readonly metainfo: MetainfoRules;
  readonly drainDelay: number;
  readonly drainTimeout: number;
  /** The certificate and key as texts. */
  readonly tls: ServerTls | undefined;
  readonly workers: Workers | undefined;
  readonly policy: ServerPolicy;
  readonly allowInjection: boolean;
  readonly logger: Logger;
}

const who = "createServer";

const OPTIONS = {
  ...unfilled<ServerOptions>({ ...SERVER_POLICY.entries, ...SERVER_OPTIONS }),
  use: '{ name: "echoservice", address: "127.0.0.1:8888" }',
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} If an option is missing, unknown or malformed. The error names the option and the allowed form.
 * @throws {RangeError} If a number is out of range.
 */
export function settingsOf(given: ServerOptions): Settings {
  const options = checkOptions<ServerOptions>(who, OPTIONS, given);
  // The defaults of the policy apply later: a policy source overrides options that are set, and no others.
  const { drainTimeout, forwardTransient, compression, allowInjection } = withDefaults(
    { entries: SERVER_OPTIONS },
    options,
  );
  const { registry, tls, health, allowMetainfo, logger = createLogger() } = options;
  const address = parseListenAddress(options.address, `${who}: address`);
  return {
    address,
    healthAddress: health && healthAddress(health, address),
    checks: health?.checks ?? {},
    // grpc.health.v1 has checks without the option `health` too.
    checkTimeout: withDefaults<Partial<HealthOptions>>(SERVER_OPTIONS.health, health ?? {}).checkTimeout,
    limits: limitsOf(options.limits),
    compression,
    metainfo: { allowed: allowMetainfo && allowList(allowMetainfo), forwardTransient },
    tls: tls && checkServerTls(who, tls),
    drainDelay: options.drainDelay ?? (registry ? 6000 : 0),
    drainTimeout,
    workers: options.workers === undefined ? undefined : workersOf(options.workers, options, address),
    policy: serverPolicyOf(options),
    allowInjection,
    logger: guardedLogger(logger),
  };
}

const wrong = (path: string, message: string) => optionError(who, { path, message });

function workersOf(given: number | Workers, options: ServerOptions, { kind }: Address): Workers {
  const workers = checkOptions<Workers>(
    `${who}: workers`,
    WORKERS,
    typeof given === "object" ? given : { count: given },
  );
  const { transport = "http2", dropPermissions } = options;
  if (transport !== "http2") {
    const name = typeof transport === "object" ? transport.name : transport;
    throw wrong("workers", `workers share a port, which the transport ${JSON.stringify(name)} can't; use "http2"`);
  }
  if (kind !== "tcp") {
    throw wrong("workers", `workers share a port, and ${options.address} has none; use "host:port"`);
  }
  if (dropPermissions && !workers.permissions) {
    throw wrong(
      "dropPermissions",
      `dropPermissions would take from the main thread what a new worker needs; give each worker its own by ` +
        `workers.permissions (with --unstable-worker-options), or leave dropPermissions out`,
    );
  }
  return workers;
}

function healthAddress({ address: text }: HealthOptions, calls: Address): Settings["healthAddress"] {
  const address = parseListenAddress(text, `${who}: health.address`) as NonNullable<Settings["healthAddress"]>;
  if (address.port > 0 && formatAddress(address) === formatAddress(calls)) {
    throw wrong("health.address", `health.address is ${text}, where the calls go too; give it another port`);
  }
  return address;
}
