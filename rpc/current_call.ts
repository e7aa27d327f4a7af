import { type CurrentCall, currentScope } from "./context.ts";

/**
 * Returns the call that runs now, at any depth below its handler or its server's middleware; undefined outside of
 * calls. So a function that is called by handlers needs no parameter for the logger, the request id or the user.
 *
 * @example
 * ```ts
 * import { currentCall } from "../mod.ts";
 *
 * function reserve(item: string): void {
 *   currentCall()?.logger.info("reserved", { item }); // with the path and the request id of the call
 * }
 * reserve("tea");
 * ```
 */
export function currentCall(): CurrentCall | undefined {
  return currentScope().call;
}
