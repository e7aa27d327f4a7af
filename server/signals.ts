/** Within this time of the first signal, in milliseconds, another is the same wish. */
const REPEATED_SIGNAL_MS = 500;

/**
 * Listens for the signals that ask a process to end. A terminal sends Ctrl-C to every process that it runs, and `deno
 * task` sends it on to its child: the second that comes so is none of the user's.
 *
 * @param ask Is called at the first signal, and at each that comes later than half a second after it.
 * @returns What ends the listening.
 */
export function onEndSignals(ask: () => void): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (first !== undefined && now - first < REPEATED_SIGNAL_MS) return;
    first ??= now;
    ask();
  };
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}
