/** Where a server listens: a TCP host and port, a unix socket, or a name inside this process (memory transport). */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "memory"; readonly name: string };

/**
 * Reads an address: `"127.0.0.1:8888"`, `"[::1]:8888"`, `"localhost:8888"`, `":8888"` (this machine),
 * `"unix:/run/echo.sock"` or `"memory:echo"`.
 *
 * @param text The address.
 * @param name What the text is, for the error: an option, a flag or a key such as `"createServer: address"`.
 * @throws {TypeError} If it is not an address; the message names the option, the value and what is allowed.
 */
export function parseAddress(text: string, name: string): Address {
  const fail = (why: string): never => {
    throw new TypeError(
      `${name}: ${
        JSON.stringify(text)
      } ${why}; use "host:port", "[ipv6]:port" or "unix:/path", for example "127.0.0.1:8888"`,
    );
  };
  if (typeof text !== "string" || text === "") return fail("is not an address");
  if (text.startsWith("unix:")) {
    const path = text.slice(5);
    return path === "" ? fail("has no path") : { kind: "unix", path };
  }
  if (text.startsWith("memory:")) {
    return { kind: "memory", name: text.slice(7) };
  }
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:\s/[\]]*)):([^:]*)$/.exec(text);
  if (!match) return fail(text.includes(":") ? "is not an address" : "has no port");
  const [, ipv6, host, port] = match;
  if (!/^\d{1,5}$/.test(port!) || Number(port) > 65535) return fail(`has no port from 0 to 65535`);
  return { kind: "tcp", host: ipv6 ?? (host || "0.0.0.0"), port: Number(port) };
}

/**
 * Reads an address to listen on, as {@linkcode parseAddress} does. `":8888"` stands for all interfaces, `[::]:8888`: as
 * in Go, IPv4 comes there too.
 *
 * @throws {TypeError} As {@linkcode parseAddress} does.
 */
export function parseListenAddress(text: string, name: string): Address {
  const address = parseAddress(text, name);
  return address.kind === "tcp" && text.startsWith(":") ? { ...address, host: "::" } : address;
}

/** The address of a socket's other end. An IPv4 one that a socket for both shows as IPv6 is IPv4 again. */
export function peerAddress(host: string, port: number): Address {
  return { kind: "tcp", host: host.replace(/^::ffff:(?=[\d.]+$)/i, ""), port };
}

/** Writes an address as {@linkcode parseAddress} reads it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  if (address.kind === "memory") return `memory:${address.name}`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}
