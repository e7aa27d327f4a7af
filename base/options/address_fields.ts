import { type Address, parseAddress } from "../address.ts";
import { type Leaf, leaf } from "./fields.ts";

/** An address to listen on. */
export const listenAddress = (): Leaf<string> =>
  addressField(
    '"host:port" with a port from 0 to 65535, ":port" for all interfaces, or "unix:/path", for example "127.0.0.1:8888"',
    () => true,
  );

/** A host and port. Port 0 is allowed. */
export const hostAndPort = (): Leaf<string> =>
  addressField(
    '"host:port" with a port from 0 to 65535, for example "127.0.0.1:8889"',
    ({ kind }) => kind === "tcp",
  );

/** The address of a server to call. */
export const serverAddress = (): Leaf<string> =>
  addressField('"host:port" with a port from 1 to 65535, or "unix:/path", for example "127.0.0.1:8888"', isCallable);

/** The address of a registry's agent. */
export const agentAddress = (): Leaf<string> =>
  addressField(
    '"host:port", for example "127.0.0.1:8500", and no URL: TLS is the option "tls" of consul()',
    (address) => address.kind === "tcp" && isCallable(address),
  );

const isCallable = (address: Address) => address.kind !== "tcp" || address.port > 0;

function addressField(allowed: string, isAllowed: (address: Address) => boolean): Leaf<string> {
  return leaf("text", allowed, (value) => {
    try {
      return isAllowed(parseAddress(value as string, "")) ? value as string : undefined;
    } catch {
      return undefined;
    }
  });
}
