import { didYouMean } from "./nearest.ts";

/**
 * Refuses options that do not exist, such as one misspelt by a caller without types.
 *
 * @param who The function, for the message: `"createServer"`.
 * @param options What it was given.
 * @param known The names that exist.
 * @throws {TypeError} If a name is not known; the message suggests the nearest.
 */
export function checkNames(who: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${who}: unknown option ${JSON.stringify(name)}${didYouMean(name, known)}`);
    }
  }
}

/**
 * Checks a number.
 *
 * @param name What it is, for the message: `"createServer: drainDelay"`.
 * @param value What was given.
 * @param least The least that is allowed.
 * @returns `value`.
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is below `least` or not finite.
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
