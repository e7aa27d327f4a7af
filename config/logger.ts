import { createLogger, type Logger } from "../base/logger.ts";
import type { Config } from "./config.ts";
import { LogFile } from "./log_file.ts";

const MB_BYTES = 1024 * 1024;

/**
 * Creates the logger that the settings describe. It logs from `kitex.log_level` on, to `kitex.log_file_name` or,
 * without one, to stderr.
 *
 * A full file (`log_max_size`) is renamed to `name-2026-01-31T08-15-00.000.ext` and a new one is started. Renamed files
 * beyond `log_max_backups` or older than `log_max_age` are removed. Requires permission to read and write the file's
 * folder. With `dropPermissions`, the file is no longer renamed once the server serves.
 *
 * @param kitex The section `config.kitex`.
 * @throws {Deno.errors.NotCapable} If the file may not be written. The message names the flag.
 */
export function configLogger(kitex: Config["kitex"]): Logger & Disposable {
  if (kitex.logFileName === undefined) return { ...createLogger(kitex.logLevel), [Symbol.dispose]() {} };
  const file = new LogFile({
    path: kitex.logFileName,
    maxBytes: (kitex.logMaxSize || 100) * MB_BYTES,
    maxAge: kitex.logMaxAge,
    maxBackups: kitex.logMaxBackups,
  });
  return {
    ...createLogger(kitex.logLevel, (line) => file.write(line)),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
