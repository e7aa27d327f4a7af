import type { RateRules } from "../../policy/server_rules.ts";
import type { ServerCall } from "../../transport/transport.ts";

/** The maximum length of a caller's name. Values of clients must not fill the memory. */
const MAX_CALLER_CHARACTERS = 128;

/** Returns the name of the caller, for limits per caller. Its first character shows where the name comes from. */
export function callerOf({ peer, metadata }: Pick<ServerCall, "peer" | "metadata">, by: RateRules["by"]): string {
  if (by === "all") return "";
  if (by !== "peer") return named("=", metadata.get(by.slice("metadata:".length)));
  const { identity, address } = peer;
  const name = identity && (identity.uris[0] ?? identity.dnsNames[0] ?? identity.commonName);
  return name ? named("@", name) : named("", hostOf(address));
}

/** Returns a name with the mark of its kind. The value of a `-bin` key is bytes, which become base64. */
function named(kind: string, value: string | Uint8Array | undefined): string {
  if (value === undefined) return "";
  return kind + (typeof value === "string" ? value : value.toBase64()).slice(0, MAX_CALLER_CHARACTERS);
}

/**
 * Returns the address without its port, which differs for each connection. IPv6 addresses are reduced to their /64
 * network, because a client that has one address usually has the whole network.
 */
function hostOf(address: string): string {
  const [, ipv6] = /^\[(.*)\]:\d+$/.exec(address) ?? [];
  if (ipv6 === undefined) {
    const port = address.lastIndexOf(":");
    return /^\d+$/.test(address.slice(port + 1)) ? address.slice(0, port) : address;
  }
  if (ipv6.startsWith("::ffff:")) return ipv6.slice("::ffff:".length);
  const [head = "", tail] = ipv6.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail !== undefined) { while (groups.length + rest.length < 8) groups.push("0"); }
  return `${[...groups, ...rest].slice(0, 4).join(":")}::/64`;
}
