import { visible } from "../base/text/visible.ts";
import type { Problem } from "../base/options/sourced.ts";

/** One problem in the settings. */
export interface ConfigProblem {
  /** The file; undefined if the problem is in an environment variable. */
  readonly file?: string;
  /** The line in the file, from 1. */
  readonly line?: number;
  /** The column in that line, from 1. */
  readonly column?: number;
  /** The environment variable; undefined if the problem is in the file. */
  readonly variable?: string;
  /** The full path of the key, such as `"kitex.address"`; undefined if the problem concerns no key. */
  readonly key?: string;
  /** The problem and what to do. It never contains a password or a token. */
  readonly message: string;
}

/** The position of a problem. */
export type Where = Pick<ConfigProblem, "file" | "line" | "column" | "variable">;

/** Converts a problem to its public form. */
export const problemOf = ({ path, where, message }: Problem<Where>): ConfigProblem => ({
  ...where,
  ...(path && { key: path }),
  message,
});

/** Sorts problems by their position in the file; problems elsewhere come last. */
export const byPlace = (a: Where, b: Where): number =>
  (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0);

/** The maximum number of problems in a message. */
export const MAX_REPORTED_PROBLEMS = 20;
const MAX_TEXT_CHARACTERS = 500;

/** Invalid settings. The message contains the first 20 problems, one a line, each with its position. */
export class ConfigError extends Error {
  /** `"ConfigError"`. */
  override name = "ConfigError";
  /** All problems, in the order of the file. */
  readonly problems: readonly ConfigProblem[];

  /**
   * Creates the error from all problems.
   *
   * @param problems The problems: at least one.
   */
  constructor(problems: readonly ConfigProblem[]) {
    super(["the settings can't be used:", ...problemTexts(problems)].join("\n  "));
    this.problems = problems;
  }
}

/** Returns the first problems as text, each with its position, and the number of further ones. */
export function problemTexts(problems: readonly ConfigProblem[]): string[] {
  const texts = problems.slice(0, MAX_REPORTED_PROBLEMS).map((problem) =>
    shortened(visible(`${placeOf(problem)}: ${problem.message}`))
  );
  return problems.length > MAX_REPORTED_PROBLEMS
    ? [...texts, `and ${problems.length - MAX_REPORTED_PROBLEMS} more`]
    : texts;
}

/** Shortens a text, so that a message can contain many. */
export const shortened = (text: string): string =>
  text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}…` : text;

function placeOf({ file, line, column, variable }: ConfigProblem): string {
  if (variable !== undefined) return `environment variable ${variable}`;
  return line === undefined ? file! : `${file}:${line}:${column}`;
}
