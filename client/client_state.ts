import type { ClientState } from "./instances/state.ts";

const sources = new WeakMap<object, () => ClientState>();

/** Lets {@linkcode clientState} find the state of a client. */
export function registerState(client: object, state: () => ClientState): void {
  sources.set(client, state);
}

/**
 * Returns the state of a client: its instances, their conditions, and the registry's list. The state is computed when
 * this function is called.
 *
 * @example
 * ```ts ignore
 * for (const { address, state, latency } of clientState(echo).instances) console.log(address, state, latency);
 * ```
 *
 * @param client A client that `createClient` returned.
 * @throws {TypeError} If it is something else.
 */
export function clientState(client: object): ClientState {
  const state = sources.get(client);
  if (state === undefined) throw new TypeError("clientState: give a client that createClient() made");
  return state();
}
