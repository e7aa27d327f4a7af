import type { Logger } from "../base/logger.ts";

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  /** Each line as `"warn: message"`. */
  readonly lines: string[];
}

/** Makes a logger for a test that looks at what was logged. */
export function recordingLogger(): RecordingLogger {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/**
 * Waits until a condition holds.
 *
 * @param condition Is asked every 5 ms; whatever it returns that is not false or undefined ends the wait.
 * @param what It, for the error: `"the server is registered"`.
 * @param within In milliseconds.
 * @returns What the condition returned.
 * @throws {Error} If it does not hold in time.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  within = 10_000,
): Promise<Exclude<T, false | undefined>> {
  const end = performance.now() + within;
  while (true) {
    const value = await condition();
    if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
