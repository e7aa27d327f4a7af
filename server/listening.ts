import { type Address, formatAddress } from "../rpc/address.ts";

/**
 * Listens; what keeps it from that names the option and the address, which neither Deno nor Node does.
 *
 * @param option Where the address comes from: `"address"`.
 * @throws {Deno.errors.AddrInUse} If something listens there.
 */
export async function listening<T>(option: string, address: Address, listen: () => T | Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    // Those that are ours say all.
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof Deno.errors.NotCapable) throw error;
    const where = `createServer: ${option} ${formatAddress(address)}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Deno.errors.AddrInUse(`${where} is in use; stop what listens there or choose another`);
    }
    const Known = Object.values(Deno.errors).find((one) => error.constructor === one) ?? Error;
    throw new Known(`${where}: can't listen there: ${error.message}; use a free address of this machine`, {
      cause: error,
    });
  }
}
