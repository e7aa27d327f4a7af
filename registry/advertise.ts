import { type Address, formatAddress, parseAddress } from "../base/address.ts";

/** The address that a server registers, and how it was determined. */
export interface Advertised {
  /** The address at which clients reach the server: `"192.0.2.7:8888"`. */
  readonly address: string;
  /** A line for the log, if the address was looked up rather than configured. */
  readonly note?: string;
}

/**
 * Returns the permissions that {@linkcode advertisedAddress} needs: for the machine's interfaces, if it has to look the
 * address up.
 */
export function advertisePermissions(listen: Address, advertise?: string): Deno.PermissionDescriptor[] {
  return advertise === undefined && listen.kind === "tcp" && isWildcard(listen.host)
    ? [{ name: "sys", kind: "networkInterfaces" }]
    : [];
}

/**
 * Returns the address at which other machines reach a server. A server that listens on all interfaces (`0.0.0.0`, `::`)
 * gets the machine's first address that is not loopback, as with Kitex.
 *
 * @param listen The address that the server listens on, with its actual port.
 * @param advertise The configured address, which takes precedence: `"host:port"`. Port 0 stands for the port of
 * `listen`.
 * @param interfaces Lists the machine's addresses. `Deno.networkInterfaces` by default.
 * @throws {TypeError} If `advertise` is not an address that others can reach, such as a wildcard.
 * @throws {Deno.errors.NotCapable} If the address must be looked up and `--allow-sys=networkInterfaces` is missing.
 */
export function advertisedAddress(
  listen: Address,
  advertise?: string,
  interfaces: () => Deno.NetworkInterfaceInfo[] = Deno.networkInterfaces,
): Advertised {
  if (advertise !== undefined) return { address: told(listen, advertise) };
  const text = formatAddress(listen);
  if (listen.kind !== "tcp" || !isWildcard(listen.host)) return { address: text };
  const found = firstReachable(lookUp(text, interfaces), listen.host.includes(":"));
  const host = found?.address ?? "127.0.0.1";
  const address = formatAddress({ ...listen, host });
  const which = found ? `the address of ${found.name}` : "only this machine reaches it: there is no other address";
  return {
    address,
    note: `${text} can't be registered, so ${address} is registered instead: ${which}; set advertise for another`,
  };
}

function told(listen: Address, advertise: string): string {
  const address = parseAddress(advertise, "advertise");
  if (address.kind !== "tcp") return advertise;
  if (isWildcard(address.host)) {
    throw new TypeError(
      `advertise: ${
        JSON.stringify(advertise)
      } is a wildcard; use an address that other machines reach, such as "192.0.2.7:8888"`,
    );
  }
  if (address.port > 0) return formatAddress(address);
  if (listen.kind === "tcp") return formatAddress({ ...address, port: listen.port });
  throw new TypeError(
    `advertise: ${JSON.stringify(advertise)} has port 0; use the port where clients reach the server`,
  );
}

function lookUp(text: string, interfaces: () => Deno.NetworkInterfaceInfo[]): Deno.NetworkInterfaceInfo[] {
  try {
    return interfaces();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Deno.errors.NotCapable(
      `${text} can't be registered; set advertise, or grant --allow-sys=networkInterfaces to find another address`,
      { cause: error },
    );
  }
}

/**
 * Returns an IPv4 address if there is one, as with Kitex. Skips link-local addresses, which are valid on one link only.
 */
function firstReachable(
  interfaces: Deno.NetworkInterfaceInfo[],
  takesIpv6: boolean,
): Deno.NetworkInterfaceInfo | undefined {
  const reachable = interfaces.filter(({ address }) => !/^(127\.|::1$|169\.254\.|fe[89ab])/i.test(address));
  return reachable.find(({ family }) => family === "IPv4") ?? (takesIpv6 ? reachable[0] : undefined);
}

/** Returns whether a host stands for all interfaces: `0.0.0.0`, or `::` in any spelling. */
export function isWildcard(host: string): boolean {
  return /^(0\.0\.0\.0|[0:]+)$/.test(host);
}
