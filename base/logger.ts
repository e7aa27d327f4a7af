import { type Leaf, object } from "./options/fields.ts";
import { visible } from "./text/visible.ts";
import { timeOfDay } from "./time.ts";

/** The fields of a log line, by name. */
export type LogFields = Record<string, unknown>;

/** The destination of Dinokit's log lines. `console` is a logger. */
export interface Logger {
  /** Logs details for debugging the kit. */
  debug(message: string, fields?: LogFields): void;
  /** Logs a normal event, such as a start. */
  info(message: string, fields?: LogFields): void;
  /** Logs a problem that needs attention, but not at once. */
  warn(message: string, fields?: LogFields): void;
  /** Logs a fault that needs attention now. */
  error(message: string, fields?: LogFields): void;
}

/** The levels of a log, from the most to the least verbose. `"silent"` writes nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** The declaration of an option `logger`. */
export const loggerField = (): Leaf<Logger> =>
  object('createLogger("info"), or console', "debug", "info", "warn", "error");

/**
 * Wraps a logger so that it never throws or rejects. Most log lines are written where no code can handle an error, and
 * where one would end a watch, a connection or the process.
 */
export function guardedLogger(logger: Logger): Logger {
  const at = (level: keyof Logger): Logger["info"] => (message, fields) => {
    // A method may be an async function, although its type does not say so.
    Promise.try<void, []>(() => logger[level](message, fields)).catch(() => {});
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const LEVELS: LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/**
 * Creates a logger that writes one line for each event to stderr: time, level, message, then each field as
 * `name=value`. Values are written as JSON, so that no value can forge a line or send control characters to a terminal.
 *
 * @param level The lowest level to write. `"info"` by default.
 * @param write Receives each line, without its line break. Writes to stderr by default.
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

/** The maximum number of causes of an error in a line. */
const MAX_CAUSES = 5;

/** Returns the stack of an error and those of its causes. */
function textOf(error: Error): string {
  let text = error.stack ?? String(error);
  let { cause } = error;
  for (let i = 0; cause !== undefined && i < MAX_CAUSES; i++) {
    text += `\nCaused by: ${cause instanceof Error ? cause.stack ?? String(cause) : String(cause)}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return text;
}

/** Returns a value as JSON, or as a JSON string of its text if JSON can't represent it. */
function toJson(value: unknown): string {
  try {
    if (value instanceof Error) return visible(JSON.stringify(textOf(value)));
    return visible(JSON.stringify(value) ?? String(value));
  } catch {
    // The value has a cycle, a bigint or a getter that throws.
  }
  try {
    return visible(JSON.stringify(String(value)));
  } catch {
    return `"a value without a text"`;
  }
}
