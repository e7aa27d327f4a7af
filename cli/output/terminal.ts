/**
 * Output of the command line. Only terminals get colours and redrawn lines. All output goes through this module, which
 * escapes control characters in texts from others.
 *
 * @module
 */

import { visible, visibleLines } from "../../base/text/visible.ts";

/** Whether stdout is a terminal. */
export const onTerminal: boolean = Deno.stdout.isTerminal();

/** Whether to use colours on stdout and stderr: on terminals, unless NO_COLOR is set. */
export const colours = { out: onTerminal && !Deno.noColor, err: Deno.stderr.isTerminal() && !Deno.noColor };

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Colours a text of one line, if colours are in use. */
export const paint = (text: string, colour: keyof typeof CODES, on: boolean = colours.out): string =>
  on ? `\x1b[${CODES[colour]}m${visible(text)}\x1b[0m` : visible(text);

const ANSI = new RegExp("\x1b\\[\\d+m", "g");

/** Aligns cells in columns. The caller escapes texts from others. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => rows.reduce((most, row) => Math.max(most, widthOf(row[column]!)), 0));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell + " ".repeat(widths[column]! - widthOf(cell))).join("  ").trimEnd();
  return rows.map(line).join("\n");
}

/** Returns the number of columns that a text takes. */
export const widthOf = (text: string): number => [...text.replace(ANSI, "")].length;

const encoder = new TextEncoder();

async function write(text: string): Promise<void> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

/** Writes lines to stdout. Waits while the reader is slow. */
export const print = (lines: string): Promise<void> => write(`${visibleLines(lines)}\n`);

/**
 * Writes lines with colours to stdout. The caller escapes texts from others.
 *
 * @param over The number of previous lines to overwrite, on a terminal.
 */
export const printPainted = (lines: string, over = 0): Promise<void> =>
  write(`${over === 0 ? "" : `\x1b[${over}A\r\x1b[J`}${lines}\n`);

/** Writes lines to stderr, after a title. */
export const tell = (lines: string, title = ""): void => console.error(`${title}${visibleLines(lines)}`);

/** Writes JSON: indented on a terminal, otherwise on one line. Escaped characters parse to the same value. */
export const printJson = (value: unknown): Promise<void> =>
  print(JSON.stringify(value, null, onTerminal ? 2 : undefined));

/** Returns a signal that aborts at the first Ctrl-C. The second Ctrl-C ends the program as usual. */
export function interruption(): AbortSignal & Disposable {
  const controller = new AbortController();
  const stop = () => {
    Deno.removeSignalListener("SIGINT", stop);
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", stop);
  return Object.assign(controller.signal, { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", stop) });
}
