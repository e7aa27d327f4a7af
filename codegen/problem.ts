/** A mistake in a .proto file. The message begins with `file:line:`. */
export class ProtoProblem extends Error {
  /**
   * Makes a problem.
   *
   * @param file The .proto file.
   * @param line The line, from 1.
   * @param text What is wrong and what to do.
   */
  constructor(file: string, line: number, text: string) {
    super(`${file}:${line}: ${text}`);
    this.name = "ProtoProblem";
  }
}

/** The line, from 1, where `pattern` first matches in a file's text; 1 if it does not. */
export function lineOf(source: string, pattern: RegExp): number {
  const at = source.search(pattern);
  return at < 0 ? 1 : source.slice(0, at).split("\n").length;
}

/** Text that stands for itself in a regular expression. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
