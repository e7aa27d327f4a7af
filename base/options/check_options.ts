import { Checker } from "./field_checker.ts";
import type { Dialect, Problem, Sourced } from "./sourced.ts";
import { type AnySection, type Leaf, required, section } from "./fields.ts";

/** The error for an invalid option: a TypeError, or a RangeError if a number is out of range. */
export interface OptionError extends Error {
  /** The path of the option: `"limits.resets"`. */
  readonly option: string;
  /** The value; undefined if it is missing or secret. */
  readonly value?: unknown;
  /** What is allowed, in words; undefined if there is no such option. */
  readonly allowed?: string;
}

const CODE: Dialect = {
  spell: (field) => field,
  noun: "an option",
  whole: "options",
  object: "an object",
  nothing: "null",
  noFields: (described, off, use = "an object") => `is ${described}; use ${use}${off ? ", or false" : ""}`,
};

class Value implements Sourced<undefined> {
  readonly where = undefined;
  readonly head = undefined;
  readonly items = [];

  constructor(readonly value: unknown, readonly unset = value === undefined) {}

  fields(): ReadonlyMap<string, Value> | undefined {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([name, field]) => [name, new Value(field)]));
  }
}

/**
 * Checks options by their declarations.
 *
 * @param who The function that was given the options, for messages: `"createClient"`.
 * @returns The options. Those of sections that are `filled` have their defaults.
 * @throws {OptionError} If an option is missing, unknown or not allowed. The message names it, its value and what is
 * allowed.
 */
export function checkOptions<T>(who: string, declared: { readonly kind: "section" }, options: unknown): T {
  const checker = new Checker(CODE, declared as AnySection);
  const checked = checker.check(new Value(options, false));
  const [problem] = checker.problems;
  if (problem) throw optionError(who, problem);
  return checked as T;
}

/**
 * Checks one option that is not a list. It allocates nothing if the value is allowed.
 *
 * @throws {OptionError} If the value is missing or not allowed.
 */
export function checkOption<T>(who: string, name: string, declared: Leaf<T>, value: unknown): T {
  return declared.check(value) ??
    checkOptions<Record<string, T>>(who, section({ [name]: required(declared) } as never), { [name]: value })[name]!;
}

/**
 * Creates the error for a wrong option.
 *
 * @param who The function that was given the option; undefined for a message without it.
 */
export function optionError(
  who: string | undefined,
  { path, message, value, allowed, range }: Pick<Problem<unknown>, "path" | "message" | "value" | "allowed" | "range">,
  cause?: ErrorOptions,
): OptionError {
  const error = new (range ? RangeError : TypeError)(who === undefined ? message : `${who}: ${message}`, cause);
  // Not enumerable, so that a log of the error does not repeat its message.
  return Object.defineProperties(error, {
    option: { value: path },
    value: { value },
    allowed: { value: allowed },
  }) as unknown as OptionError;
}
