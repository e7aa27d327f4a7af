import { BlockList, isIP } from "node:net";

/**
 * Wildcards and link-local addresses, where clouds have their metadata services. BlockList matches IPv4-mapped IPv6
 * addresses too.
 */
const NEVER = networks("", ["0.0.0.0/8", "::/128", "169.254.0.0/16", "fe80::/10"]);

const MAX_CACHED_ADDRESSES = 20_000;

/**
 * Decides which hosts from a registry a client may call: those in a list of networks, except wildcards and link-local
 * addresses.
 */
export class AllowedAddresses {
  readonly #networks: BlockList | undefined;
  /** The cached decisions: each change of a list asks for most hosts again. */
  readonly #known = new Map<string, boolean>();
  /** The list, for the log. */
  readonly #list: string;

  /**
   * @param list The networks, such as `["10.0.0.0/8"]`. Undefined allows all networks, and host names as well.
   * @throws {TypeError} If an entry is not a network; the message names it.
   */
  constructor(list?: readonly string[]) {
    this.#networks = list && networks("consul: allowAddresses", list);
    this.#list = list ? `outside of ${list.join(", ")} (allowAddresses), ` : "";
  }

  /** Returns whether a host may be called. The host is an IP address or a name. */
  has(host: string): boolean {
    // V8 hashes a decimal number without a seed, so chosen hosts could make the Map slow. The prefix "/" ensures that
    // no key is a number.
    const key = `/${host}`;
    let allowed = this.#known.get(key);
    if (allowed === undefined) {
      if (this.#known.size >= MAX_CACHED_ADDRESSES) this.#known.clear();
      this.#known.set(key, allowed = this.#check(host));
    }
    return allowed;
  }

  #check(host: string): boolean {
    if (!/^([\w.-]{1,253}|[\da-f:.]{1,45})$/i.test(host)) return false;
    // A URL has one canonical form of a host, so 0xA9FE0101 is recognized as 169.254.1.1.
    const canonical = URL.parse(`http://${host.includes(":") ? `[${host}]` : host}/`)?.hostname.replace(/^\[|\]$/g, "");
    if (canonical === undefined) return false;
    const version = isIP(canonical);
    if (version === 0) return this.#networks === undefined;
    const family = version === 4 ? "ipv4" : "ipv6";
    if (NEVER.check(canonical, family)) return false;
    return this.#networks?.check(canonical, family) ?? true;
  }

  /** Returns why an address is not allowed, for the log. */
  toString(): string {
    return `${this.#list}link-local, wildcard or wrong`;
  }
}

function networks(option: string, list: readonly string[]): BlockList {
  const found = new BlockList();
  for (const text of list) {
    const [address, bits, ...more] = typeof text === "string" ? text.split("/") : [];
    const version = isIP(address ?? "");
    if (
      version === 0 || !/^\d{1,3}$/.test(bits ?? "") || Number(bits) > (version === 4 ? 32 : 128) || more.length > 0
    ) {
      throw new TypeError(
        `${option} has ${JSON.stringify(text)}; use networks such as "10.0.0.0/8" or "2001:db8::/32"`,
      );
    }
    found.addSubnet(address!, Number(bits), version === 4 ? "ipv4" : "ipv6");
  }
  return found;
}
