/**
 * The address of a server: a TCP host and port, the path of a unix socket, or a name inside this process (memory
 * transport).
 */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "memory"; readonly name: string };

/**
 * Parses an address: `"127.0.0.1:8888"`, `"[::1]:8888"`, `"localhost:8888"`, `":8888"` (host `0.0.0.0`),
 * `"unix:/run/echo.sock"` or `"memory:echo"`.
 *
 * @param text The address as text.
 * @param name The option, flag or key that holds the address, for the error: `"createServer: address"`.
 * @throws {TypeError} If the text is not an address. The error names the option, the value and the allowed forms.
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
 * Parses an address to listen on, as {@linkcode parseAddress} does, except that `":8888"` becomes `[::]:8888`: all
 * interfaces, IPv6 and IPv4, as in Go.
 *
 * @throws {TypeError} If the text is not an address.
 */
export function parseListenAddress(text: string, name: string): Address {
  const address = parseAddress(text, name);
  return address.kind === "tcp" && text.startsWith(":") ? { ...address, host: "::" } : address;
}

/**
 * Returns the address of a socket's peer. A dual-stack socket shows an IPv4 peer as an IPv6 address; this returns the
 * IPv4 address.
 */
export function peerAddress(host: string, port: number): Address {
  return { kind: "tcp", host: host.replace(/^::ffff:(?=[\d.]+$)/i, ""), port };
}

/** Formats an address so that {@linkcode parseAddress} can parse it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  if (address.kind === "memory") return `memory:${address.name}`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}
