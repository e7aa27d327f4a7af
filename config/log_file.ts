import { timeOfDay } from "../base/time.ts";
import { rememberPermissions, requirePermissions } from "../base/permissions.ts";

/** What {@linkcode LogFile} takes. */
export interface LogFileOptions {
  /** The path. Its folder is made if it is not there. */
  path: string;
  /** The size that it does not grow over, unless a single line does, in bytes. */
  maxBytes: number;
  /** How long files that were put aside are kept, in days. 0 is for ever. */
  maxAge: number;
  /** How many files that were put aside are kept. 0 is all. */
  maxBackups: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A file of lines. When it is full it is put aside as `name-2026-01-31T08-15-00.000.ext` (UTC) and begun anew. Each
 * line is written at once, so that none is lost with the process. One process a file.
 *
 * Nothing that goes wrong later reaches the caller: lines that can't be written go to stderr, and if it can't be put
 * aside it grows.
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
   * Opens it and removes old ones.
   *
   * @throws {Deno.errors.NotCapable} If its folder may not be written and read; the message has the complete command
   * and permission set.
   */
  constructor(options: LogFileOptions) {
    this.#options = options;
    const [, folder, stem, extension] = /^(.*[/\\])?([^/\\]*?)(\.[^./\\]*)?$/.exec(options.path)!;
    this.#folder = folder?.slice(0, -1) ?? ".";
    this.#stem = stem!;
    this.#extension = extension ?? "";
    // Deno wants both to rename a file.
    const needed = (["write", "read"] as const).map((name) => ({ name, path: this.#folder }));
    rememberPermissions(needed);
    requirePermissions("kitex.log_file_name", needed);
    Deno.mkdirSync(this.#folder, { recursive: true });
    this.#file = this.#open();
    this.#size = this.#file.statSync().size;
    this.#removeOld();
  }

  /** Writes a line. It never throws. */
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

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #open(): Deno.FsFile {
    return Deno.openSync(this.#options.path, { append: true, create: true, mode: 0o600 });
  }

  #rotate(): void {
    this.#size = 0; // if it fails, try again after as many lines more
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

  #complain(what: string, error: unknown): void {
    console.error(`log file ${this.#options.path} ${what}: ${(error as Error).message}`);
  }
}
