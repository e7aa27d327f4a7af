import type { Problem } from "../policy/check.ts";

/** One thing that is wrong with the settings. */
export interface ConfigProblem {
  /** The file; undefined if an environment variable is wrong. */
  readonly file?: string;
  /** The line in the file, from 1. */
  readonly line?: number;
  /** The column in that line, from 1. */
  readonly column?: number;
  /** The environment variable; undefined if the file is wrong. */
  readonly variable?: string;
  /** The full path of the key, such as `"kitex.address"`; undefined if it is about no key. */
  readonly key?: string;
  /** What is wrong and what to do. It never shows a password or a token. */
  readonly message: string;
}

/** Where something is wrong. */
export type Where = Pick<ConfigProblem, "file" | "line" | "column" | "variable">;

/** A problem in the form that programs see. */
export const problemOf = ({ path, where, message }: Problem<Where>): ConfigProblem => ({
  ...where,
  ...(path && { key: path }),
  message,
});

/** The order of the file; then what stands in none. */
export const byPlace = (a: Where, b: Where): number =>
  (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0);

/** How many problems a message tells, and how much of each. */
export const MAX_REPORTED_PROBLEMS = 20;
const MAX_TEXT_CHARACTERS = 500;

/** Settings that can't be used. Its message holds the first 20 problems, one a line, each with its place. */
export class ConfigError extends Error {
  /** `"ConfigError"`. */
  override name = "ConfigError";
  /** All that is wrong, in the order of the file. */
  readonly problems: readonly ConfigProblem[];

  /**
   * Makes the error of all problems.
   *
   * @param problems What is wrong: at least one.
   */
  constructor(problems: readonly ConfigProblem[]) {
    super(["the settings can't be used:", ...problemTexts(problems)].join("\n  "));
    this.problems = problems;
  }
}

/** The first problems, each with its place, and how many more there are. */
export function problemTexts(problems: readonly ConfigProblem[]): string[] {
  const texts = problems.slice(0, MAX_REPORTED_PROBLEMS).map((problem) =>
    shortened(`${placeOf(problem)}: ${problem.message}`)
  );
  return problems.length > MAX_REPORTED_PROBLEMS
    ? [...texts, `and ${problems.length - MAX_REPORTED_PROBLEMS} more`]
    : texts;
}

/** A text of which a message can hold many. */
export const shortened = (text: string): string =>
  text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}…` : text;

function placeOf({ file, line, column, variable }: ConfigProblem): string {
  if (variable !== undefined) return `environment variable ${variable}`;
  return line === undefined ? file! : `${file}:${line}:${column}`;
}
