import { parseAddress } from "../base/address.ts";
import { checkNames, checkNumber } from "../base/option_checks.ts";
import { AllowedAddresses } from "./allowed_addresses.ts";
import { checkClientTls } from "../tls/check.ts";
import type { ConsulEndpoint, ConsulTls } from "./consul_http.ts";

/** What {@linkcode consul} can be told. */
export interface ConsulOptions {
  /**
   * The ACL token, or a function that reads it: it is called before each request, so that a token that has been renewed
   * is used at once. White space around it is left out; an empty one is none.
   *
   * @default {""}
   */
  token?: string | (() => string);
  /**
   * The file that holds the token, in place of `token`: read before each request, so it stays readable.
   * @default none
   */
  tokenFile?: string;
  /** Speaks TLS; `{}` does so with every default. @default plain HTTP */
  tls?: ConsulTls;
  /** The namespace, in Consul Enterprise. @default the token's */
  namespace?: string;
  /**
   * The datacenter in which services and keys are looked up. A server registers with the agent that it is given.
   * @default the agent's
   */
  datacenter?: string;
  /** How often Consul checks a server's health, in milliseconds, 1000 or more. @default {5000} */
  checkInterval?: number;
  /** How long such a check may take, in milliseconds. @default {5000} */
  checkTimeout?: number;
  /** After how long with a failing check Consul removes a server, in milliseconds, 60000 or more. @default {60000} */
  deregisterCriticalServiceAfter?: number;
  /** How long a query waits for a change, in milliseconds, from 1000 to 600000. @default {60000} */
  wait?: number;
  /**
   * How long a client keeps the last list of servers when Consul lists none, in milliseconds; while Consul fails, it
   * keeps it.
   * @default {30000}
   */
  grace?: number;
  /**
   * The size of the largest answer of Consul that lists instances or services, in bytes, 65536 or more. A larger one
   * counts as a failure of Consul. An instance takes about 2 KB, more where its checks have a long output. Other
   * answers have 1 MiB at most.
   *
   * @default {33554432}
   */
  answerBytes?: number;
  /**
   * The networks in which servers may be, such as `["10.0.0.0/8", "2001:db8::/32"]`: what the registry lists outside of
   * them is not called, so that who can write to it can't lead a client anywhere. A host name is not called either, as
   * nobody knows where it will lead.
   *
   * @default all, but link-local addresses, wildcards and port 0 never
   */
  allowAddresses?: readonly string[];
}

/** What holds where an option is left out. */
export const DEFAULTS = {
  checkInterval: 5000,
  checkTimeout: 5000,
  deregisterCriticalServiceAfter: 60_000,
  wait: 60_000,
  grace: 30_000,
  answerBytes: 32 * 1024 * 1024,
};

/** The least and the most of each number. Consul itself raises or cuts what is outside, and says nothing. */
const RANGES = {
  checkInterval: [1000, 86_400_000],
  checkTimeout: [1, 86_400_000],
  deregisterCriticalServiceAfter: [60_000, 86_400_000],
  wait: [1000, 600_000],
  grace: [0, 86_400_000],
  answerBytes: [65_536, 2 ** 28],
} as const;

/** What {@linkcode consul} works with. */
export interface ConsulSettings {
  readonly endpoint: ConsulEndpoint;
  /** The options that are numbers, with their defaults. */
  readonly numbers: typeof DEFAULTS;
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

/** A number for each function. */
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
    tokenFrom: tokenFile === undefined ? "option token" : `option tokenFile: ${tokenFile}`,
    answerBytes,
    tls: tls === undefined ? undefined : checkClientTls("consul", tls),
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

/** How large a file with a token may be. A SecretID has 36 bytes. */
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

/** The value stays out of the message: it may be a secret all the same. */
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
