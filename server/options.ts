import { type Address, parseAddress } from "../rpc/address.ts";
import { checkCompression } from "../rpc/compression.ts";
import { createLogger, type Logger } from "../rpc/logger.ts";
import { allowList } from "../rpc/metainfo.ts";
import { checkNames, checkNumber } from "../rpc/options.ts";
import type { Registry } from "../registry/registry.ts";
import { checkTransport, type TransportChoice } from "../transport/choose.ts";
import { limitsOf } from "../transport/default_limits.ts";
import type { Compression, Limits, ServerTls } from "../transport/transport.ts";
import type { MetainfoRules } from "./context.ts";
import type { HealthCheck } from "./health.ts";

/** Where and how a server answers health checks over HTTP. */
export interface HealthOptions {
  /** Where Deno.serve listens: `"127.0.0.1:8889"`. Keep it private: strangers have no business there. */
  address: string;
  /** Further conditions for being ready, by name: a function that throws, rejects or returns false says no. @default {{}} */
  checks?: Readonly<Record<string, HealthCheck>>;
  /** How long one check may take, in milliseconds. @default {1000} */
  checkTimeout?: number;
}

/** What {@linkcode createServer} takes. */
export interface ServerOptions {
  /** The service's name, as others find it in the registry. */
  name: string;
  /** Where it takes calls: `"127.0.0.1:8888"`, `":8888"` (all interfaces), port 0 (a free one), or `"unix:/run/echo.sock"`. */
  address: string;
  /** Health checks over HTTP. @default none */
  health?: HealthOptions;
  /** Where it registers while it serves. @default nowhere */
  registry?: Registry;
  /** The address that is registered, where it is not the one it listens on: a host and port that others can reach. @default the first address of this machine that is not loopback, if it listens on all interfaces */
  advertise?: string;
  /** Its share of the calls beside the other instances'. @default {10} */
  weight?: number;
  /** Labels in the registry, such as `{ zone: "a", version: "v1" }`. @default {{}} */
  tags?: Readonly<Record<string, string>>;
  /** Facts in the registry for people and tools. @default {{}} */
  meta?: Readonly<Record<string, string>>;
  /** TLS for its calls. @default plaintext */
  tls?: ServerTls;
  /** Bounds on what a caller may send. */
  limits?: Partial<Limits>;
  /** How replies are encoded for callers that accept it. @default {"identity"} */
  compression?: Compression;
  /** The metainfo keys that are taken from callers, for a server at the edge. @default all */
  allowMetainfo?: readonly string[];
  /** Whether transient metainfo goes on over every hop, as in Kitex's default mode, rather than over one. @default {false} */
  forwardTransient?: boolean;
  /** How long it goes on taking calls after it left the registry, so that all callers hear of it, in milliseconds. Kitex polls every 5 s. @default {6000} with a registry, else 0 */
  drainDelay?: number;
  /** How long calls in flight may take after that before they are cut, in milliseconds. @default {10000} */
  drainTimeout?: number;
  /** Gives up the permissions that it needs no more once it serves: read, write (unless for a unix socket), env, run, sys, ffi, import. @default {false} */
  dropPermissions?: boolean;
  /** What moves the calls. @default {"grpc-js"} */
  transport?: TransportChoice;
  /** Where log lines go. @default stderr, from level info on */
  logger?: Logger;
}

/** The options in the form that the server works with. */
export interface Settings {
  readonly address: Address;
  readonly healthAddress: Extract<Address, { kind: "tcp" }> | undefined;
  readonly limits: Limits;
  readonly metainfo: MetainfoRules;
  readonly drainDelay: number;
  readonly drainTimeout: number;
  readonly logger: Logger;
}

const NAMES = [
  "name",
  "address",
  "health",
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
  "transport",
  "logger",
] satisfies (keyof ServerOptions)[];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong form; the message names it and what is allowed.
 * @throws {RangeError} If a number is out of range.
 */
export function settingsOf(options: ServerOptions): Settings {
  const who = "createServer";
  checkNames(who, options, NAMES);
  if (typeof options.name !== "string" || options.name === "") {
    throw new TypeError(
      `${who}: name is ${JSON.stringify(options.name)}; give the service's name, for example "echoservice"`,
    );
  }
  checkTransport(who, options.transport);
  const { compression = "identity", tls } = options;
  checkCompression(`${who}: compression`, compression);
  if (tls !== undefined) checkTls(who, tls);
  if (options.advertise !== undefined) parseAddress(options.advertise, `${who}: advertise`);
  const number = (name: "weight" | "drainDelay" | "drainTimeout", fallback: number, least: number) =>
    checkNumber(`${who}: ${name}`, options[name] ?? fallback, least);
  number("weight", 10, 1);
  return {
    address: parseAddress(options.address, `${who}: address`),
    healthAddress: options.health && healthAddress(options.health, who),
    limits: limitsOf(who, options.limits),
    metainfo: {
      allowed: options.allowMetainfo && allowList(options.allowMetainfo),
      forwardTransient: options.forwardTransient ?? false,
    },
    drainDelay: number("drainDelay", options.registry ? 6000 : 0, 0),
    drainTimeout: number("drainTimeout", 10_000, 0),
    logger: options.logger ?? createLogger(),
  };
}

/** @throws {TypeError} If certificate or key are no PEM texts. */
export function checkTls(who: string, tls: ServerTls): void {
  if (tls.cert?.includes("-----BEGIN") && tls.key?.includes("-----BEGIN")) return;
  throw new TypeError(`${who}: tls takes "cert" and "key" as PEM texts, not as file names`);
}

function healthAddress(health: HealthOptions, who: string): Settings["healthAddress"] {
  checkNames(`${who}: health`, health, ["address", "checks", "checkTimeout"]);
  checkNumber(`${who}: health.checkTimeout`, health.checkTimeout ?? 1000, 1);
  const address = parseAddress(health.address, `${who}: health.address`);
  if (address.kind !== "tcp") throw new TypeError(`${who}: health.address is ${health.address}; use "host:port"`);
  return address;
}
