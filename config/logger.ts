import { createLogger, type Logger } from "../base/logger.ts";
import type { Config } from "./config.ts";
import { LogFile } from "./log_file.ts";

const MB_BYTES = 1024 * 1024;

/**
 * The logger that settings ask for: from `kitex.log_level` on, to `kitex.log_file_name` or, if that is not set, to
 * stderr. A full file (`log_max_size`) is put aside as `name-2026-01-31T08-15-00.000.ext` and begun anew; of those put
 * aside, the ones over `log_max_backups` and those older than `log_max_age` are removed. It needs permission to write
 * and read the file's folder; with `dropPermissions` a file is not put aside any more once the server serves.
 *
 * @param kitex `config.kitex`.
 * @throws {Deno.errors.NotCapable} If the file may not be written; the message names the flag.
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
