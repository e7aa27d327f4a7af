/**
 * What the command prints on: colours and other graces are for terminals only. Nothing that others say acts on the
 * terminal: whatever is printed goes through here.
 *
 * @module
 */

import { visible, visibleLines } from "../base/visible.ts";

/** Whether a person looks at stdout. */
export const onTerminal: boolean = Deno.stdout.isTerminal();

/** Whether colours are wanted on stdout, and on stderr: on terminals, unless NO_COLOR is set. */
export const colours = { out: onTerminal && !Deno.noColor, err: Deno.stderr.isTerminal() && !Deno.noColor };

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** A text of one line in a colour, where those are wanted. */
export const paint = (text: string, colour: keyof typeof CODES, on: boolean = colours.out): string =>
  on ? `\x1b[${CODES[colour]}m${visible(text)}\x1b[0m` : visible(text);

const ANSI = new RegExp("\x1b\\[\\d+m", "g");

/** Lines of cells, each column as wide as its widest. What stands in them of others is made visible before. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => rows.reduce((most, row) => Math.max(most, widthOf(row[column]!)), 0));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell + " ".repeat(widths[column]! - widthOf(cell))).join("  ").trimEnd();
  return rows.map(line).join("\n");
}

/** How many columns a text takes. */
export const widthOf = (text: string): number => [...text.replace(ANSI, "")].length;

const encoder = new TextEncoder();

async function write(text: string): Promise<void> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

/** Writes a line, or lines, on stdout, and waits while nobody takes them. */
export const print = (lines: string): Promise<void> => write(`${visibleLines(lines)}\n`);

/**
 * Writes lines on stdout some of which are painted. What stands in them of others is made visible before.
 *
 * @param over How many lines that were written before they replace: for terminals.
 */
export const printPainted = (lines: string, over = 0): Promise<void> =>
  write(`${over === 0 ? "" : `\x1b[${over}A\r\x1b[J`}${lines}\n`);

/** Writes a line, or lines, on stderr, after a title. */
export const tell = (lines: string, title = ""): void => console.error(`${title}${visibleLines(lines)}`);

/** Writes JSON: indented on a terminal, else in one line. What is escaped in it is the same when it is parsed. */
export const printJson = (value: unknown): Promise<void> =>
  print(JSON.stringify(value, null, onTerminal ? 2 : undefined));

/** Aborts at Ctrl-C. The second one ends the program as ever. */
export function interruption(): AbortSignal & Disposable {
  const controller = new AbortController();
  const stop = () => {
    Deno.removeSignalListener("SIGINT", stop);
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", stop);
  return Object.assign(controller.signal, { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", stop) });
}
