import { formatAddress, parseAddress } from "../base/address.ts";
import { netPermissions } from "../base/permissions.ts";
import type { Instance, Resolver } from "./registry.ts";

/**
 * Creates a resolver for fixed addresses. It returns them for any service name.
 *
 * @param addresses One address or several, such as `"127.0.0.1:8888"`. Duplicates count once.
 * @returns A resolver whose permissions are those to connect to the addresses.
 * @throws {TypeError} If there is no address, or if one is invalid or has port 0.
 */
export function staticAddresses(addresses: string | readonly string[]): Resolver {
  const parsed = [addresses].flat().map((text) => {
    const address = parseAddress(text, "staticAddresses");
    if (address.kind !== "tcp" || address.port > 0) return address;
    throw new TypeError(`staticAddresses: ${JSON.stringify(text)} has port 0; use the port that the server listens on`);
  });
  if (parsed.length === 0) {
    throw new TypeError(`staticAddresses: no address; give at least one such as "127.0.0.1:8888"`);
  }
  const unique = new Set(parsed.map(formatAddress));
  const instances = [...unique].map((address): Instance => ({ address, weight: 10, tags: new Map(), meta: new Map() }));

  return {
    permissions: parsed.flatMap(netPermissions),
    watch(_name, listener) {
      let open = true;
      queueMicrotask(() => open && listener({ instances }));
      return { close: () => void (open = false) };
    },
  };
}
