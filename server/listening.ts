import { type Address, formatAddress } from "../base/address.ts";
import { WorkerFailure } from "./workers/thread.ts";
import { netPermissions, requirePermissions } from "../base/permissions.ts";

/** The classes of the kit's own errors, which already name the option and the address. */
const OURS = [TypeError, WorkerFailure, Deno.errors.NotCapable];

/** The error codes of a system without IPv6. */
const NO_IPV6 = ["EAFNOSUPPORT", "EADDRNOTAVAIL"];

/**
 * Listens on an address. An error names the option and the address; those of Deno and Node name neither. If the system
 * has no IPv6, `[::]` becomes `0.0.0.0`, as in Go.
 *
 * @param option The option that holds the address, for the error: `"address"`.
 * @throws {Deno.errors.AddrInUse} If the address is in use.
 */
export async function listening<T, A extends Address>(
  option: string,
  address: A,
  listen: (address: A) => T | Promise<T>,
): Promise<T> {
  try {
    return await listen(address);
  } catch (error) {
    if (address.kind === "tcp" && address.host === "::" && NO_IPV6.includes((error as { code?: string })?.code ?? "")) {
      const ipv4 = { ...address, host: "0.0.0.0" };
      const who = `createServer: ${option} ${formatAddress(address)}, where the system has no IPv6,`;
      requirePermissions(who, netPermissions(ipv4));
      return await listening(option, ipv4, listen);
    }
    if (!(error instanceof Error) || OURS.some((known) => error instanceof known)) throw error;
    const where = `createServer: ${option} ${formatAddress(address)}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Deno.errors.AddrInUse(`${where} is in use; stop what listens there or choose another`);
    }
    const Known = Object.values(Deno.errors).find((known) => error.constructor === known) ?? Error;
    const text = `${where}: can't listen there: ${error.message}; use a free address of this machine`;
    const { code } = error as { code?: string };
    throw Object.assign(new Known(text, { cause: error }), { code });
  }
}
