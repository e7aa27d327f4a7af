import type { ClientState } from "./instances/state.ts";

const sources = new WeakMap<object, () => ClientState>();

/** Lets {@linkcode clientState} find the state of a client. */
export function registerState(client: object, state: () => ClientState): void {
  sources.set(client, state);
}

/**
 * The state of a client at this moment: its instances and how they are, and the registry's list. Nothing is computed
 * before it is asked for.
 *
 * @example
 * ```ts ignore
 * for (const { address, state, latency } of clientState(echo).instances) console.log(address, state, latency);
 * ```
 *
 * @param client A client that `createClient` made.
 * @throws {TypeError} If it is something else.
 */
export function clientState(client: object): ClientState {
  const state = sources.get(client);
  if (state === undefined) throw new TypeError("clientState: give a client that createClient() made");
  return state();
}
