import { BlockList, isIP } from "node:net";

/**
 * Wildcards, and what leads nowhere but to this link, where clouds have their metadata services. IPv4 in the form of
 * IPv6 is among them.
 */
const NEVER = networks("", ["0.0.0.0/8", "::/128", "169.254.0.0/16", "fe80::/10"]);

const MAX_CACHED_ADDRESSES = 20_000;

/**
 * Which hosts a client may call that a registry told it: all that a list of networks holds, but no wildcard and no
 * link-local address.
 */
export class AllowedAddresses {
  readonly #networks: BlockList | undefined;
  /** What was found out about hosts: most are asked for again with each change of a list. */
  readonly #known = new Map<string, boolean>();
  /** For the log. */
  readonly #list: string;

  /**
   * @param list The networks, such as `["10.0.0.0/8"]`; undefined allows all, and host names as well.
   * @throws {TypeError} If one is no network; the message names it.
   */
  constructor(list?: readonly string[]) {
    if (list !== undefined && (!Array.isArray(list) || list.length === 0)) {
      throw new TypeError(
        `consul: allowAddresses is ${JSON.stringify(list)}; use a list such as ["10.0.0.0/8"], or leave it out`,
      );
    }
    this.#networks = list && networks("consul: allowAddresses", list);
    this.#list = list ? `outside of ${list.join(", ")} (allowAddresses), ` : "";
  }

  /** Whether a host may be called: an IP address, or a name. */
  has(host: string): boolean {
    // V8 hashes a decimal number without a seed, so chosen hosts could make the Map slow. With "/" before it, no host
    // is one.
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
    // A URL's host is written in one way only, so that 0xA9FE0101 is seen to be 169.254.1.1.
    const canonical = URL.parse(`http://${host.includes(":") ? `[${host}]` : host}/`)?.hostname.replace(/^\[|\]$/g, "");
    if (canonical === undefined) return false;
    const version = isIP(canonical);
    if (version === 0) return this.#networks === undefined;
    const family = version === 4 ? "ipv4" : "ipv6";
    if (NEVER.check(canonical, family)) return false;
    return this.#networks?.check(canonical, family) ?? true;
  }

  /** Why an address is not among them, for the log. */
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
