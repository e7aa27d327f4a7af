/** A mistake in a .proto file. The message begins with `file:line:column:`. */
export class ProtoProblem extends Error {
  /**
   * Makes a problem.
   *
   * @param file The .proto file.
   * @param line The line, from 1.
   * @param column The column, from 1.
   * @param text What is wrong and what to do.
   */
  constructor(readonly file: string, readonly line: number, readonly column: number, readonly text: string) {
    super(`${file}:${line}:${column}: ${text}`);
    this.name = "ProtoProblem";
  }
}

/** `a message`, `an enum`. */
export const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
