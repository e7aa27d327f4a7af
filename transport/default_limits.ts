import { checkNames, checkNumber } from "../rpc/options.ts";
import type { Limits } from "./transport.ts";

/** The limits where nothing else is said. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  receiveMessageBytes: 4 * 1024 * 1024,
  sendMessageBytes: 4 * 1024 * 1024,
  metadataBytes: 8 * 1024,
  metadataEntries: 100,
  concurrentStreams: 100,
};

/**
 * The default limits with those of `limits` over them.
 *
 * @param who The function, for the message.
 * @throws {TypeError} If a limit is unknown or no number.
 * @throws {RangeError} If a limit is below 1.
 */
export function limitsOf(who: string, limits: Partial<Limits> = {}): Limits {
  checkNames(`${who}: limits`, limits, Object.keys(DEFAULT_LIMITS));
  const all = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(all)) checkNumber(`${who}: limits.${name}`, value, 1);
  return all;
}
