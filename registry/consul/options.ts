import { readBoundedSync } from "../../base/bounded_file.ts";
import { type Address, parseAddress } from "../../base/address.ts";
import { agentAddress } from "../../base/options/address_fields.ts";
import { checkOptions } from "../../base/options/check_options.ts";
import {
  type Fields,
  leaf,
  list,
  milliseconds,
  or,
  required,
  section,
  text,
  whole,
} from "../../base/options/fields.ts";
import { AllowedAddresses } from "../allowed_addresses.ts";
import { checkClientTls } from "../../tls/check.ts";
import { CLIENT_TLS } from "../../tls/option_fields.ts";
import type { ConsulEndpoint, ConsulTls } from "./http.ts";

/** The options of {@linkcode consul}. */
export interface ConsulOptions {
  /**
   * The ACL token, or a function that returns it. The function is called before each request, so a renewed token takes
   * effect at once. Surrounding white space is removed; an empty token means none.
   *
   * @default {""}
   */
  token?: string | (() => string);
  /**
   * The file that holds the token, instead of `token`. It is read before each request, so it must stay readable.
   * @default {none}
   */
  tokenFile?: string;
  /**
   * Uses TLS; `{}` uses it with all defaults.
   * @default {plain HTTP}
   */
  tls?: ConsulTls;
  /**
   * The namespace, in Consul Enterprise.
   * @default {the token's}
   */
  namespace?: string;
  /**
   * The datacenter for lookups of services and keys. A server always registers with the agent at `address`.
   * @default {the agent's}
   */
  datacenter?: string;
  /**
   * How often Consul checks a server's health, in milliseconds, 1000 or more.
   * @default {5000}
   */
  checkInterval?: number;
  /**
   * The timeout of such a check, in milliseconds.
   * @default {5000}
   */
  checkTimeout?: number;
  /**
   * How long a check may fail before Consul removes the server, in milliseconds, 60000 or more.
   * @default {60000}
   */
  deregisterCriticalServiceAfter?: number;
  /**
   * How long a query waits for a change, in milliseconds, from 1000 to 600000.
   * @default {60000}
   */
  wait?: number;
  /**
   * How long a client keeps the last list of servers when Consul lists none, in milliseconds. While Consul fails, the
   * client keeps the list without limit.
   * @default {30000}
   */
  grace?: number;
  /**
   * The maximum size of an answer that lists instances or services, in bytes, 65536 or more. A larger answer counts as
   * a failure of Consul. An instance takes about 2 KB, or more if its checks have a long output. Other answers are
   * limited to 1 MiB.
   *
   * @default {33554432}
   */
  answerBytes?: number;
  /**
   * The networks in which servers may be, such as `["10.0.0.0/8", "2001:db8::/32"]`. Clients do not call instances
   * outside of them, so a writer of the registry can't direct a client to other networks. Host names are not called
   * either, as they may resolve to any address. Link-local addresses, wildcards and port 0 are never called.
   *
   * @default {all networks and host names}
   */
  allowAddresses?: readonly string[];
}

const DAY_MS = 86_400_000;

/** The options that are numbers. Consul silently adjusts values outside of these ranges. */
const NUMBERS = {
  checkInterval: or(milliseconds(1000, DAY_MS), 5000),
  checkTimeout: or(milliseconds(1, DAY_MS), 5000),
  deregisterCriticalServiceAfter: or(milliseconds(60_000, DAY_MS), 60_000),
  wait: or(milliseconds(1000, 600_000), 60_000),
  grace: or(milliseconds(0, DAY_MS), 30_000),
  answerBytes: or(whole(65_536, "bytes", 2 ** 28), 32 * 1024 * 1024),
};
type Numbers = { [Name in keyof typeof NUMBERS]: number };

const name = () => text("a text that is not empty", /^[^]/);

/** The declarations of the options of {@linkcode consul}. */
export const CONSUL_OPTIONS = {
  ...NUMBERS,
  token: { ...leaf("value", "a token", tokenOf), problem: () => TOKEN_PROBLEM, secret: true },
  tokenFile: name(),
  tls: CLIENT_TLS,
  namespace: name(),
  datacenter: name(),
  allowAddresses: list(text(), 1, 'a list such as ["10.0.0.0/8"]'),
} satisfies Fields<ConsulOptions>;

const ADDRESS = section<{ address: string }>({ address: required(agentAddress()) });

/** The checked options of {@linkcode consul}. */
export interface ConsulSettings {
  readonly endpoint: ConsulEndpoint;
  /** The options that are numbers, with their defaults. */
  readonly numbers: Numbers;
  readonly allowed: AllowedAddresses;
  /** Identifies the address and options: equal for equal values and the same token function. */
  readonly identity: string;
}

/**
 * Checks the arguments of {@linkcode consul}, and fills in the defaults.
 *
 * @throws {TypeError} If the address or an option has a wrong type or form; the message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function consulSettings(address: string, given: ConsulOptions): ConsulSettings {
  checkOptions("consul", ADDRESS, { address });
  const options = checkOptions<ConsulOptions & Numbers>("consul", section<ConsulOptions>(CONSUL_OPTIONS), given);
  const { checkInterval, checkTimeout, deregisterCriticalServiceAfter, wait, grace, answerBytes } = options;
  const numbers = { checkInterval, checkTimeout, deregisterCriticalServiceAfter, wait, grace, answerBytes };
  const endpoint = endpointOf(address, options);
  const allowed = new AllowedAddresses(options.allowAddresses);
  const { token, tokenFile, tls, namespace, datacenter, allowAddresses } = options;
  const shown = [typeof token === "function" ? idOf(token) : token, tokenFile, tls, namespace];
  const identity = JSON.stringify([endpoint.host, endpoint.port, ...shown, datacenter, allowAddresses, numbers]);
  return { endpoint, numbers, allowed, identity };
}

const ids = new WeakMap<() => string, number>();
let lastId = 0;

/** Returns a number that identifies a function. */
function idOf(read: () => string): number {
  const id = ids.get(read) ?? ++lastId;
  ids.set(read, id);
  return id;
}

function endpointOf(address: string, options: ConsulOptions & Numbers): ConsulEndpoint {
  const { host, port } = parseAddress(address, "consul: address") as Extract<Address, { kind: "tcp" }>;
  const { tls, namespace, tokenFile, answerBytes } = options;
  return {
    host,
    port,
    token: tokenReader(options),
    tokenFile,
    answerBytes,
    tls: tls && checkClientTls("consul", tls),
    namespace,
  };
}

function tokenReader({ token = "", tokenFile }: ConsulOptions): () => string {
  if (tokenFile !== undefined) {
    if (token !== "") throw new TypeError("consul: token and tokenFile are both given; give one of them");
    return () => checkToken(readTokenFile(tokenFile));
  }
  return typeof token === "function" ? () => checkToken(token()) : () => token;
}

/** The maximum size of a token file. A SecretID has 36 bytes. */
export const MAX_TOKEN_BYTES = 16 * 1024;

function readTokenFile(path: string): string {
  const bytes = readBoundedSync(path, MAX_TOKEN_BYTES);
  if (!bytes) throw new TypeError(`consul: tokenFile ${path} has more than ${MAX_TOKEN_BYTES} bytes`);
  return new TextDecoder().decode(bytes);
}

const TOKEN_PROBLEM = "is no text of visible ASCII characters; use a token's SecretID";

/** Returns a token without white space around it; undefined if no header can carry it. */
function tokenOf(token: unknown): ConsulOptions["token"] {
  if (typeof token === "function") return token as () => string;
  return typeof token === "string" && /^[\x21-\x7e]*$/.test(token.trim()) ? token.trim() : undefined;
}

/** Checks a token at each request. The message omits the value: even an invalid one may be a secret. */
function checkToken(given: string): string {
  const token = tokenOf(given);
  if (typeof token === "string") return token;
  throw new TypeError(`consul: token ${TOKEN_PROBLEM}`);
}
