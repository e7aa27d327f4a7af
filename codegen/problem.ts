/** A mistake in a .proto file. The message begins with `file:line:`. */
export class ProtoProblem extends Error {
  /**
   * Makes a problem.
   *
   * @param file The .proto file.
   * @param line The line, from 1.
   * @param text What is wrong and what to do.
   */
  constructor(readonly file: string, readonly line: number, readonly text: string) {
    super(`${file}:${line}: ${text}`);
    this.name = "ProtoProblem";
  }
}

/** The line, from 1, where `pattern` first matches in a file's text, outside of comments; 1 if it does not. */
export function lineOf(source: string, pattern: RegExp): number {
  const at = withoutComments(source).search(pattern);
  return at < 0 ? 1 : source.slice(0, at).split("\n").length;
}

/** The line of what protobufjs calls a duplicate, without a line: the second of its name or id in the type that it is in. */
export function lineOfDuplicate(source: string, message: string): number {
  const [, kind, what, where, owner] = /duplicate (name|id) '?([^\s']+)'? in (\w+) ([\w.]+)/.exec(message) ?? [];
  if (what === undefined) return 1;
  const text = withoutComments(source);
  // A name comes in camel case, whatever it is in the file.
  const name = what.replace(/(?<!^)[A-Z]/g, "_?$&");
  const pattern = kind === "id"
    ? `=\\s*${literal(what)}\\s*[;[]`
    : where === "Namespace" || where === "Root"
    ? `\\b(message|enum|service)\\s+${what}\\b`
    : `\\b${name}\\s*[=({]`;
  const start = where === "Namespace" || where === "Root"
    ? 0
    : Math.max(text.search(new RegExp(`\\w\\s+${owner}\\s*{`)), 0);
  const [, second] = text.slice(start).matchAll(new RegExp(pattern, "gi"));
  return second === undefined ? 1 : text.slice(0, start + second.index).split("\n").length;
}

/** The text with spaces where comments are, so that all else stays where it is. */
export const withoutComments = (source: string) =>
  source.replace(/\/\/.*|\/\*[^]*?\*\//g, (comment) => comment.replace(/./g, " "));

/** Text that stands for itself in a regular expression. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
