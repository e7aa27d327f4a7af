import { didYouMean } from "./did_you_mean.ts";

/** A value in a message: a text in quotes, a function or an object by its kind. */
const shown = (value: unknown) =>
  value !== null && ["object", "function"].includes(typeof value)
    ? Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`
    : typeof value === "string"
    ? JSON.stringify(value)
    : String(value);

/**
 * Checks that a value is an object.
 *
 * @param name What it is, for the message: `"createServer: health"`.
 * @param value What was given.
 * @param use What is allowed: `'{ address: "127.0.0.1:8889" }'`.
 * @param methods The functions that it must have.
 * @throws {TypeError} If it is no object, is a list or lacks one of `methods`.
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
 * @param use What is allowed: `"a function (call, next)"`.
 * @throws {TypeError} If it is none.
 */
export function checkFunction(name: string, value: unknown, use: string): void {
  if (typeof value !== "function") throw new TypeError(`${name} is ${shown(value)}; use ${use}`);
}

/**
 * Checks that a value is a list. What stands in it is not looked at.
 *
 * @param use What is allowed: `"a list of functions (call, next)"`.
 * @returns `value`.
 * @throws {TypeError} If it is none.
 */
export function checkList<T>(name: string, value: readonly T[], use: string): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} is ${shown(value)}; use ${use}`);
  return value;
}

/**
 * Checks that a value is an object of texts, if there is one.
 *
 * @param use What is allowed: `'{ zone: "a" }'`.
 * @throws {TypeError} If it is none, or holds something else.
 */
export function checkTexts(name: string, value: Readonly<Record<string, string>> | undefined, use: string): void {
  if (value === undefined) return;
  checkObject(name, value, use);
  for (const [key, one] of Object.entries(value)) {
    if (typeof one !== "string") throw new TypeError(`${name}.${key} is ${shown(one)}; use a text`);
  }
}

/**
 * Checks that a value is a boolean, if there is one.
 *
 * @throws {TypeError} If it is another.
 */
export function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`${name} is ${shown(value)}; use true or false`);
}

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
