import { timeOfDay } from "../base/time.ts";
import { rememberPermissions, requirePermissions } from "../base/permissions.ts";

/** Options of {@linkcode LogFile}. */
export interface LogFileOptions {
  /** The path. Its folder is created if it does not exist. */
  path: string;
  /** The maximum size, in bytes. Only a single longer line may exceed it. */
  maxBytes: number;
  /** How long rotated files are kept, in days. 0 means forever. */
  maxAge: number;
  /** The maximum number of rotated files that are kept. 0 means all. */
  maxBackups: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A log file with rotation. A full file is renamed to `name-2026-01-31T08-15-00.000.ext` (UTC) and a new one is
 * started. Each line is written at once, so no line is lost if the process ends. Only one process may write to the
 * file.
 *
 * Later failures never reach the caller. Lines that can't be written go to stderr. A file that can't be renamed keeps
 * growing.
 */
export class LogFile implements Disposable {
  readonly #options: LogFileOptions;
  readonly #folder: string;
  readonly #stem: string;
  readonly #extension: string;
  #file: Deno.FsFile;
  #size: number;
  #lastBackup = 0;
  #failing = false;

  /**
   * Opens the file and removes expired ones.
   *
   * @throws {Deno.errors.NotCapable} If the folder may not be read and written. The message contains the complete
   * command and permission set.
   */
  constructor(options: LogFileOptions) {
    this.#options = options;
    const [, folder, stem, extension] = /^(.*[/\\])?([^/\\]*?)(\.[^./\\]*)?$/.exec(options.path)!;
    this.#folder = folder?.slice(0, -1) ?? ".";
    this.#stem = stem!;
    this.#extension = extension ?? "";
    // Deno requires both permissions to rename a file.
    const needed = (["write", "read"] as const).map((name) => ({ name, path: this.#folder }));
    rememberPermissions(needed);
    requirePermissions("kitex.log_file_name", needed);
    Deno.mkdirSync(this.#folder, { recursive: true });
    this.#file = this.#open();
    this.#size = this.#file.statSync().size;
    this.#removeOld();
  }

  /** Writes a line. Never throws. */
  write(line: string): void {
    const bytes = new TextEncoder().encode(line + "\n");
    if (this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes) this.#rotate();
    this.#size += bytes.length;
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#complain("can't be written; its lines go here until it can", error);
      this.#failing = true;
      console.error(line);
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #open(): Deno.FsFile {
    return Deno.openSync(this.#options.path, { append: true, create: true, mode: 0o600 });
  }

  #rotate(): void {
    // If renaming failed, retry after the same number of bytes.
    this.#size = 0;
    try {
      this.#lastBackup = Math.max(timeOfDay(), this.#lastBackup + 1);
      const time = new Date(this.#lastBackup).toISOString().replaceAll(":", "-").slice(0, -1);
      Deno.renameSync(this.#options.path, `${this.#folder}/${this.#stem}-${time}${this.#extension}`);
      const full = this.#file;
      this.#file = this.#open();
      full.close();
      this.#removeOld();
    } catch (error) {
      this.#complain("can't be put aside", error);
    }
  }

  #removeOld(): void {
    const { maxAge, maxBackups } = this.#options;
    if (maxAge === 0 && maxBackups === 0) return;
    const oldest = maxAge > 0 ? timeOfDay() - maxAge * DAY_MS : -Infinity;
    const newestFirst = [...this.#backups()].sort((a, b) => b.time - a.time);
    newestFirst.forEach(({ name, time }, i) => {
      if (maxBackups > 0 && i >= maxBackups || time < oldest) Deno.removeSync(`${this.#folder}/${name}`);
    });
  }

  *#backups(): Generator<{ name: string; time: number }> {
    for (const { name, isFile } of Deno.readDirSync(this.#folder)) {
      if (!isFile || !name.startsWith(`${this.#stem}-`) || !name.endsWith(this.#extension)) continue;
      const time = name.slice(this.#stem.length + 1, name.length - this.#extension.length);
      const match = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(time);
      if (match) yield { name, time: Date.parse(`${match[1]}:${match[2]}:${match[3]}Z`) };
    }
  }

  #complain(problem: string, error: unknown): void {
    console.error(`log file ${this.#options.path} ${problem}: ${(error as Error).message}`);
  }
}
