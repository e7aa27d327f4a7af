import { sleep } from "../../base/wait.ts";
import type { InjectionRules } from "../../policy/server_rules.ts";
import type { ServerCall } from "../../transport/transport.ts";

/**
 * Begins a call, and injects a fault into a random share of the calls: those begin after the delay, or end with the
 * status.
 *
 * @returns A promise that resolves when the call has ended; undefined if it has ended already.
 */
export function inject(
  { share, delay, status }: InjectionRules,
  call: ServerCall,
  begin: () => Promise<void> | undefined,
): Promise<void> | undefined {
  if (Math.random() >= share) return begin();
  const go = () => {
    if (status === undefined) return begin();
    call.finish({ code: status, message: "a fault was injected (inject)" });
  };
  return delay > 0 ? injectLater(call.signal, delay, go) : go();
}

async function injectLater(signal: AbortSignal, delay: number, go: () => Promise<void> | undefined): Promise<void> {
  await sleep(delay, signal);
  if (!signal.aborted) await go();
}
