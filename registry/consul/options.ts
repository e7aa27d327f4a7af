import { parseAddress } from "../../base/address.ts";
import { checkNames, checkNumber } from "../../base/option_checks.ts";
import { AllowedAddresses } from "../allowed_addresses.ts";
import { checkClientTls } from "../../tls/check.ts";
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
   * @default none
   */
  tokenFile?: string;
  /** Uses TLS; `{}` uses it with all defaults. @default plain HTTP */
  tls?: ConsulTls;
  /** The namespace, in Consul Enterprise. @default the token's */
  namespace?: string;
  /**
   * The datacenter for lookups of services and keys. A server always registers with the agent at `address`.
   * @default the agent's
   */
  datacenter?: string;
  /** How often Consul checks a server's health, in milliseconds, 1000 or more. @default {5000} */
  checkInterval?: number;
  /** The timeout of such a check, in milliseconds. @default {5000} */
  checkTimeout?: number;
  /** How long a check may fail before Consul removes the server, in milliseconds, 60000 or more. @default {60000} */
  deregisterCriticalServiceAfter?: number;
  /** How long a query waits for a change, in milliseconds, from 1000 to 600000. @default {60000} */
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
   * either, as they may resolve to any address.
   *
   * @default all networks and host names; link-local addresses, wildcards and port 0 are never called
   */
  allowAddresses?: readonly string[];
}

/** The defaults of the numeric options. */
export const DEFAULTS = {
  checkInterval: 5000,
  checkTimeout: 5000,
  deregisterCriticalServiceAfter: 60_000,
  wait: 60_000,
  grace: 30_000,
  answerBytes: 32 * 1024 * 1024,
};

/** The minimum and maximum of each number. Consul silently adjusts values outside of them. */
const RANGES = {
  checkInterval: [1000, 86_400_000],
  checkTimeout: [1, 86_400_000],
  deregisterCriticalServiceAfter: [60_000, 86_400_000],
  wait: [1000, 600_000],
  grace: [0, 86_400_000],
  answerBytes: [65_536, 2 ** 28],
} as const;

/** The checked options of {@linkcode consul}. */
export interface ConsulSettings {
  readonly endpoint: ConsulEndpoint;
  /** The options that are numbers, with their defaults. */
  readonly numbers: typeof DEFAULTS;
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
export function checkOptions(address: string, options: ConsulOptions): ConsulSettings {
  const numbers = checkNumbers(options);
  const endpoint = checkEndpoint(address, options, numbers.answerBytes);
  const allowed = new AllowedAddresses(options.allowAddresses);
  const { token, tokenFile, tls, namespace, datacenter, allowAddresses } = options;
  const shown = [typeof token === "function" ? idOf(token) : token?.trim(), tokenFile, tls, namespace];
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

function checkEndpoint(address: string, options: ConsulOptions, answerBytes: number): ConsulEndpoint {
  const parsed = parseAddress(address, "consul: address");
  if (parsed.kind !== "tcp" || parsed.port === 0) {
    throw new TypeError(
      `consul: address is ${JSON.stringify(address)}; use the host and port of its HTTP API: "127.0.0.1:8500"`,
    );
  }
  checkNames("consul", options, [
    ...Object.keys(DEFAULTS),
    "token",
    "tokenFile",
    "tls",
    "namespace",
    "datacenter",
    "allowAddresses",
  ]);
  const { tls, namespace, datacenter, tokenFile } = options;
  checkTexts("consul", { namespace, datacenter, tokenFile });
  return {
    host: parsed.host,
    port: parsed.port,
    token: tokenReader(options),
    tokenFile,
    answerBytes,
    tls: tls === undefined ? undefined : checkClientTls("consul: ", tls),
    namespace,
  };
}

function tokenReader({ token, tokenFile }: ConsulOptions): () => string {
  if (tokenFile !== undefined) {
    if (token !== undefined) throw new TypeError("consul: token and tokenFile are both given; give one of them");
    return () => checkToken(readTokenFile(tokenFile));
  }
  if (typeof token === "function") return () => checkToken(token());
  const checked = checkToken(token ?? "");
  return () => checked;
}

/** The maximum size of a token file. A SecretID has 36 bytes. */
export const MAX_TOKEN_BYTES = 16 * 1024;

function readTokenFile(path: string): string {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(MAX_TOKEN_BYTES + 1);
  const length = file.readSync(bytes) ?? 0;
  if (length > MAX_TOKEN_BYTES) throw new TypeError(`consul: tokenFile ${path} has more than ${MAX_TOKEN_BYTES} bytes`);
  return new TextDecoder().decode(bytes.subarray(0, length));
}

function checkTexts(who: string, texts: object): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || (typeof text === "string" && text !== "")) continue;
    throw new TypeError(`${who}: ${name} is ${JSON.stringify(text)}; use a text, or leave it out`);
  }
}

/** Checks a token. The message omits the value: even an invalid one may be a secret. */
function checkToken(token: string): string {
  if (typeof token === "string" && /^[\x21-\x7e]*$/.test(token.trim())) return token.trim();
  throw new TypeError("consul: token is no text of visible ASCII characters; use a token's SecretID");
}

function checkNumbers(options: ConsulOptions): typeof DEFAULTS {
  const numbers = { ...DEFAULTS };
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const [least, most] = RANGES[name];
    numbers[name] = checkNumber(`consul: ${name}`, options[name] ?? numbers[name], least);
    if (numbers[name] > most) throw new RangeError(`consul: ${name} is ${numbers[name]}; use at most ${most}`);
  }
  return numbers;
}
