/** A signal within this time of the first one counts as a repetition, in milliseconds. */
const REPEATED_SIGNAL_MS = 500;

/**
 * Listens for the signals that ask a process to end. A terminal sends Ctrl-C to every process that it runs, and
 * `deno task` sends it again to its child, so a second signal right after the first does not come from the user.
 *
 * @param onEnd Runs at the first signal, and at each one more than {@linkcode REPEATED_SIGNAL_MS} after it.
 * @returns A disposable that removes the listeners.
 */
export function onEndSignals(onEnd: () => void): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (first !== undefined && now - first < REPEATED_SIGNAL_MS) return;
    first ??= now;
    onEnd();
  };
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}
