import { nearest } from "./did_you_mean.ts";
import { entryPath } from "./field_checker.ts";

/** Returns how an error shows a value: a text in quotes, a function or an object by its kind. */
const shown = (value: unknown) =>
  value !== null && ["object", "function"].includes(typeof value)
    ? Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`
    : typeof value === "string"
    ? JSON.stringify(value)
    : String(value);

/**
 * Checks that a value is an object.
 *
 * @param name The name of the option, for the error: `"createServer: health"`.
 * @param value The value to check.
 * @param use The allowed form, for the error: `'{ address: "127.0.0.1:8889" }'`.
 * @param methods The functions that the object must have.
 * @throws {TypeError} If the value is not an object, is a list or lacks one of `methods`.
 */
export function checkObject(name: string, value: unknown, use: string, methods: readonly string[] = []): void {
  const object = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!object) throw new TypeError(`${name} is ${shown(value)}; use ${use}`);
  for (const method of methods) {
    if (typeof (value as Record<string, unknown>)[method] === "function") continue;
    throw new TypeError(`${name} has no function ${method}; use ${use}`);
  }
}

/**
 * Checks that a value is a function.
 *
 * @param use The allowed form, for the error: `"a function (call, next)"`.
 * @throws {TypeError} If the value is not a function.
 */
export function checkFunction(name: string, value: unknown, use: string): void {
  if (typeof value !== "function") throw new TypeError(`${name} is ${shown(value)}; use ${use}`);
}

/**
 * Checks that all options exist. This catches a misspelt option of a caller that does not check types.
 *
 * @param who The function that takes the options, for the error: `"createServer"`.
 * @param options The options to check.
 * @param known The names of the options that exist.
 * @throws {TypeError} If an option does not exist. The error suggests the most similar name.
 */
export function checkNames(who: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      const near = nearest(name, known);
      throw new TypeError(
        `${who}: ${entryPath("", name)} is not an option${near === undefined ? "" : `; did you mean ${near}?`}`,
      );
    }
  }
}

/**
 * Checks that a value is a finite number of at least `least`.
 *
 * @param name The name of the option, for the error: `"createServer: drainDelay"`.
 * @param value The value to check.
 * @param least The smallest allowed value.
 * @returns `value`.
 * @throws {TypeError} If the value is not a number.
 * @throws {RangeError} If the value is less than `least` or not finite.
 */
export function checkNumber(name: string, value: number, least: number): number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} is ${JSON.stringify(value)}; use a number of at least ${least}`);
  }
  if (!(value >= least) || value === Infinity) {
    throw new RangeError(`${name} is ${value}; use a number of at least ${least}`);
  }
  return value;
}
