import { visible } from "./code_text.ts";

/** Names may be very long. */
const MAX_TEXT_CHARACTERS = 500;

const short = (text: string) => text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}...` : text;

/** A mistake in a .proto file, or several. The message has a line for each, which begins with `file:line:column:`. */
export class ProtoProblem extends Error {
  /**
   * Makes a problem.
   *
   * @param file The .proto file.
   * @param line The line, from 1.
   * @param column The column, from 1.
   * @param text What is wrong and what to do.
   * @param others What else is wrong.
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly column: number,
    readonly text: string,
    readonly others: readonly ProtoProblem[] = [],
  ) {
    super([visible(`${file}:${line}:${column}: ${short(text)}`), ...others.map(({ message }) => message)].join("\n"));
    this.name = "ProtoProblem";
  }

  /** The same with other names of files. */
  renamed(name: (file: string) => string): ProtoProblem {
    const { file, line, column, text, others } = this;
    return new ProtoProblem(name(file), line, column, text, others.map((one) => one.renamed(name)));
  }
}

/** A mistake and the others that it comes with, each by itself. */
const each = (one: ProtoProblem): ProtoProblem[] => [
  one.others.length === 0 ? one : new ProtoProblem(one.file, one.line, one.column, one.text),
  ...one.others.flatMap(each),
];

/** How many mistakes are said. More would hide what is wrong. */
export const MOST_PROBLEMS = 20;

/**
 * Throws what was found in a file, if anything was.
 *
 * @param imported What was found in those that it imports.
 * @throws {ProtoProblem} Of all mistakes, in their order in the file.
 */
export function refuse(found: readonly ProtoProblem[], imported: readonly ProtoProblem[] = []): void {
  const sorted = found.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const shown = sorted.slice(0, MOST_PROBLEMS);
  if (sorted.length > MOST_PROBLEMS) {
    const { file, line, column, text } = sorted.at(-1)!;
    shown.push(new ProtoProblem(file, line, column, `the last of ${sorted.length - MOST_PROBLEMS} more: ${text}`));
  }
  // Two imports may fail for the same reason.
  const causes = new Map(imported.flatMap(each).map((one) => [one.message, one]));
  const [first, ...others] = [...shown, ...[...causes.values()].slice(0, MOST_PROBLEMS)];
  if (first === undefined) return;
  throw new ProtoProblem(first.file, first.line, first.column, first.text, others);
}

/** `a message`, `an enum`. */
export const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
