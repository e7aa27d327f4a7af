import { parseAddress } from "../rpc/address.ts";
import { checkNames, checkNumber } from "../rpc/options.ts";
import { AllowedAddresses } from "./allowed_addresses.ts";
import type { ConsulEndpoint, ConsulTls } from "./consul_http.ts";

/** What {@linkcode consul} can be told. */
export interface ConsulOptions {
  /**
   * The ACL token, or a function that reads it: it is called before each request, so that a token that has been renewed is
   * used at once. White space around it is left out; an empty one is none.
   *
   * @default {""}
   */
  token?: string | (() => string);
  /** The file that holds the token, in place of `token`: read before each request, so it stays readable. @default none */
  tokenFile?: string;
  /** Speaks TLS; `{}` does so with every default. @default plain HTTP */
  tls?: ConsulTls;
  /** The namespace, in Consul Enterprise. @default the token's */
  namespace?: string;
  /** The datacenter in which services and keys are looked up. A server registers with the agent that it is given. @default the agent's */
  datacenter?: string;
  /** How often Consul checks a server's health, in milliseconds, 1000 or more. @default {5000} */
  checkInterval?: number;
  /** How long such a check may take, in milliseconds. @default {5000} */
  checkTimeout?: number;
  /** After how long with a failing check Consul removes a server, in milliseconds, 60000 or more. @default {60000} */
  deregisterCriticalServiceAfter?: number;
  /** How long a query waits for a change, in milliseconds, from 1000 to 600000. @default {60000} */
  wait?: number;
  /** How long a client keeps the last list of servers when Consul lists none, in milliseconds; while Consul fails, it keeps it. @default {30000} */
  grace?: number;
  /**
   * The networks in which servers may be, such as `["10.0.0.0/8", "2001:db8::/32"]`: what the registry lists outside of them is not called, so that
   * who can write to it can't lead a client anywhere. A host name is not called either, as nobody knows where it will lead.
   *
   * @default all, but link-local addresses, wildcards and port 0 never
   */
  allowAddresses?: readonly string[];
}

const DEFAULTS = {
  checkInterval: 5000,
  checkTimeout: 5000,
  deregisterCriticalServiceAfter: 60_000,
  wait: 60_000,
  grace: 30_000,
};

/** The least and the most of each number. Consul itself raises or cuts what is outside, and says nothing. */
const RANGES = {
  checkInterval: [1000, 86_400_000],
  checkTimeout: [1, 86_400_000],
  deregisterCriticalServiceAfter: [60_000, 86_400_000],
  wait: [1000, 600_000],
  grace: [0, 86_400_000],
} as const;

/** What {@linkcode consul} works with. */
export interface ConsulSettings {
  readonly endpoint: ConsulEndpoint;
  readonly times: typeof DEFAULTS;
  readonly allowed: AllowedAddresses;
  /** Equal for equal addresses and options, and for the same token function. */
  readonly identity: string;
}

/**
 * Checks what {@linkcode consul} is told, and fills in the defaults.
 *
 * @throws {TypeError} If the address or an option has a wrong type or form; the message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function checkOptions(address: string, options: ConsulOptions): ConsulSettings {
  const endpoint = checkEndpoint(address, options);
  const times = checkTimes(options);
  const allowed = new AllowedAddresses(options.allowAddresses);
  const { token, tokenFile, tls, namespace, datacenter, allowAddresses } = options;
  const shown = [typeof token === "function" ? numberOf(token) : token?.trim(), tokenFile, tls, namespace];
  const identity = JSON.stringify([endpoint.host, endpoint.port, ...shown, datacenter, allowAddresses, times]);
  return { endpoint, times, allowed, identity };
}

const numbers = new WeakMap<() => string, number>();
let last = 0;

/** A number of its own for each function. */
function numberOf(read: () => string): number {
  const number = numbers.get(read) ?? ++last;
  numbers.set(read, number);
  return number;
}

function checkEndpoint(address: string, options: ConsulOptions): ConsulEndpoint {
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
  if (tls !== undefined) {
    if (typeof tls !== "object" || tls === null) {
      throw new TypeError("consul: tls is no object; use {} for the defaults");
    }
    checkNames("consul: tls", tls, ["ca", "cert", "key", "serverName"]);
    checkTexts("consul: tls", tls);
    if ((tls.cert === undefined) !== (tls.key === undefined)) {
      throw new TypeError(`consul: tls has ${tls.cert ? "cert without key" : "key without cert"}; give both or none`);
    }
  }
  return { host: parsed.host, port: parsed.port, token: tokenReader(options), tls, namespace };
}

function tokenReader({ token, tokenFile }: ConsulOptions): () => string {
  if (tokenFile !== undefined) {
    if (token !== undefined) throw new TypeError("consul: token and tokenFile are both given; give one of them");
    return () => checkToken(Deno.readTextFileSync(tokenFile));
  }
  if (typeof token === "function") return () => checkToken(token());
  const checked = checkToken(token ?? "");
  return () => checked;
}

function checkTexts(who: string, texts: object): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || (typeof text === "string" && text !== "")) continue;
    throw new TypeError(`${who}: ${name} is ${JSON.stringify(text)}; use a text, or leave it out`);
  }
}

/** The value stays out of the message: it may be a secret all the same. */
function checkToken(token: string): string {
  if (typeof token === "string" && /^[\x21-\x7e]*$/.test(token.trim())) return token.trim();
  throw new TypeError("consul: token is no text of visible ASCII characters; use a token's SecretID");
}

function checkTimes(options: ConsulOptions): typeof DEFAULTS {
  const times = { ...DEFAULTS };
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const [least, most] = RANGES[name];
    times[name] = checkNumber(`consul: ${name}`, options[name] ?? times[name], least);
    if (times[name] > most) throw new RangeError(`consul: ${name} is ${times[name]}; use at most ${most}`);
  }
  return times;
}
