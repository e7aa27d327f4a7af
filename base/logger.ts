import { checkObject } from "./option_checks.ts";
import { visible } from "./visible.ts";
import { timeOfDay } from "./time.ts";

/** What a log line says beside its message: plain values by name. */
export type LogFields = Record<string, unknown>;

/** Where Dinokit writes its log lines. `console` is one. */
export interface Logger {
  /** For who looks for a fault in the kit. */
  debug(message: string, fields?: LogFields): void;
  /** What happens in an ordinary life. */
  info(message: string, fields?: LogFields): void;
  /** What somebody should look at some day. */
  warn(message: string, fields?: LogFields): void;
  /** What somebody should look at now. */
  error(message: string, fields?: LogFields): void;
}

/** The levels of a log, the most talkative first. `"silent"` writes nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/**
 * Checks that an option is a logger.
 *
 * @throws {TypeError} If it is none.
 */
export function checkLogger(who: string, logger: Logger): void {
  checkObject(`${who}: logger`, logger, 'createLogger("info"), or console', ["debug", "info", "warn", "error"]);
}

/**
 * The same logger, which never throws nor rejects, whatever the application's does: most lines are written where nobody
 * could take an error, and where one would end a watch, a connection or the process.
 */
export function guardedLogger(logger: Logger): Logger {
  const at = (level: keyof Logger): Logger["info"] => (message, fields) => {
    // A method may be an async function, though its type says nothing of it.
    Promise.try<void, []>(() => logger[level](message, fields)).catch(() => {});
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const LEVELS: LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/**
 * A logger that writes one line an event to stderr: time, level, message, then `name=value` with each value in JSON, so
 * that no value can forge a line or act on a terminal.
 *
 * @param level The lowest level that is written. `"info"` by default.
 * @param write Takes each line, without its line break. Writes to stderr by default.
 * @throws {RangeError} If `level` is not a level.
 */
export function createLogger(
  level: LogLevel = "info",
  write: (line: string) => void = (line) => console.error(line),
): Logger {
  const lowest = LEVELS.indexOf(level);
  if (lowest < 0) {
    throw new RangeError(`createLogger: level is ${JSON.stringify(level)}; use one of ${LEVELS.join(", ")}`);
  }
  const at = (name: LogLevel) =>
    LEVELS.indexOf(name) < lowest
      ? () => {}
      : (message: string, fields?: LogFields) => write(logLine(name, message, fields));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function logLine(level: LogLevel, message: string, fields: LogFields = {}): string {
  let line = `${new Date(timeOfDay()).toISOString()} ${level.toUpperCase().padEnd(5)} ${visible(message)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${visible(name)}=${toJson(value)}`;
  }
  return line;
}

/** How many causes of an error a line has. */
const MAX_CAUSES = 5;

/** The stack of an error, and those of what led to it. */
function textOf(error: Error): string {
  let text = error.stack ?? String(error);
  let { cause } = error;
  for (let i = 0; cause !== undefined && i < MAX_CAUSES; i++) {
    text += `\nCaused by: ${cause instanceof Error ? cause.stack ?? String(cause) : String(cause)}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return text;
}

/** A value in JSON; what JSON can't hold, and what refuses to be read, as text. */
function toJson(value: unknown): string {
  try {
    if (value instanceof Error) return visible(JSON.stringify(textOf(value)));
    return visible(JSON.stringify(value) ?? String(value));
  } catch {
    // a cycle, a bigint, or a trap
  }
  try {
    return visible(JSON.stringify(String(value)));
  } catch {
    return `"a value without a text"`;
  }
}
