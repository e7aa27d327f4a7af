import { serverAddress } from "../base/options/address_fields.ts";
import { checkOption, checkOptions } from "../base/options/check_options.ts";
import {
  type Leaf,
  milliseconds,
  number,
  oneOf,
  text,
  unchecked,
  unfilled,
  whole,
  yesOrNo,
} from "../base/options/fields.ts";
import { lines, secret, url } from "./leaf.ts";

/**
 * The declaration of a field in a section of your own. {@linkcode fields} has a function for each type.
 *
 * @typeParam T The type of the value in the settings.
 */
export interface Field<T> {
  /** The type of the value in the file. */
  readonly kind: string;
  /** The allowed values in words, for messages. */
  readonly allowed: string;
  /** The value if the settings do not set the field. A field without one must be set, unless it is optional. */
  readonly fallback: T;
}

/**
 * Makes the declaration of a field. Without `default` and `optional`, the settings must set the field.
 *
 * @throws {TypeError} If an option is unknown, or the default is not an allowed value.
 */
export interface FieldMaker<T, More = unknown> {
  /** Makes a field that must be set, or that has a default. */
  (options?: More & { default?: T; optional?: false }): Field<T>;
  /** Makes a field that may be missing. */
  (options: More & { optional: true }): Field<T | undefined>;
}

/** The bounds of a number. */
export interface Bounds {
  /**
   * The smallest number that is allowed.
   * @default {0}
   */
  min?: number;
  /**
   * The largest number that is allowed.
   * @default {Infinity}
   */
  max?: number;
}

interface Options extends Bounds {
  default?: unknown;
  optional?: boolean;
}

const ANY_NUMBER = number("a number", -Infinity, Infinity, (value) => !Number.isNaN(value));
const BOUNDS = { min: ANY_NUMBER, max: ANY_NUMBER };

/** Returns a field maker. `declare` gets the bounds of a number. */
function maker<T, More = unknown>(
  name: string,
  declare: (least: number, most: number) => Leaf<T>,
  bounds: Partial<typeof BOUNDS> = {},
): FieldMaker<T, More> {
  const declared = unfilled<Options>({ default: unchecked(), optional: yesOrNo(), ...bounds as typeof BOUNDS });
  const make = (options: Options = {}): Leaf<T> => {
    const who = `fields.${name}`;
    const { min = 0, max = Infinity, optional = false, ...rest } = checkOptions<Options>(who, declared, options);
    const leaf = declare(min, max);
    if (rest.default === undefined) return { ...leaf, required: !optional };
    checkOption(who, "default", leaf, rest.default);
    return { ...leaf, fallback: rest.default as T };
  };
  return make as unknown as FieldMaker<T, More>;
}

/** Makes the declaration of a field of one type, as {@linkcode fields} lists them. */
export interface Fields {
  /** A text. */
  readonly string: FieldMaker<string>;
  /** A text that messages and log lines never show, such as a password. */
  readonly secret: FieldMaker<string>;
  /** An absolute URL, such as `"https://pay.example.com/v1"`. Messages never show it: it may contain a password. */
  readonly url: FieldMaker<string>;
  /** The address of a server: a host and port such as `"127.0.0.1:6379"`, or `"unix:/run/cache.sock"`. */
  readonly address: FieldMaker<string>;
  /** A whole number of at least 0, or within `min` and `max`. */
  readonly integer: FieldMaker<number, Bounds>;
  /** A number of at least 0, or within `min` and `max`. */
  readonly number: FieldMaker<number, Bounds>;
  /** True or false. */
  readonly boolean: FieldMaker<boolean>;
  /** A duration of at least 0, or within `min` and `max`, in milliseconds. */
  readonly milliseconds: FieldMaker<number, Bounds>;
  /** One of several texts: `fields.oneOf(["EUR", "USD"], { default: "EUR" })`. */
  oneOf<T extends string>(texts: readonly T[], options: { optional: true }): Field<T | undefined>;
  /** One of several texts. */
  oneOf<T extends string>(texts: readonly T[], options?: { default?: NoInfer<T> }): Field<T>;
  /** A list: `fields.list(fields.address())`. In a variable, commas separate the items. */
  list<T>(item: Field<T>, options: { optional: true }): Field<readonly T[] | undefined>;
  /** A list. */
  list<T>(item: Field<T>, options?: { default?: readonly T[] }): Field<readonly T[]>;
}

const bounded = (least: number, most: number) =>
  `a number ${most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`}`;

/**
 * Declares the fields of sections of your own in conf.yaml, for the option `sections` of `configure` and `loadConfig`.
 * A field must be set, unless it has a `default` or is `optional`.
 *
 * @example
 * ```ts
 * import { fields } from "../mod.ts";
 *
 * export const sections = {
 *   payment: {
 *     url: fields.url(),
 *     apiKey: fields.secret(),
 *     retries: fields.integer({ max: 5, default: 3 }),
 *     currency: fields.oneOf(["EUR", "USD"], { default: "EUR" }),
 *   },
 * };
 * ```
 */
export const fields: Fields = {
  string: maker("string", () => text()),
  secret: maker("secret", secret),
  url: maker("url", url),
  address: maker("address", serverAddress),
  integer: maker("integer", (least, most) => whole(least, "", most), BOUNDS),
  number: maker("number", (least, most) => number(bounded(least, most), least, most), BOUNDS),
  boolean: maker("boolean", yesOrNo),
  milliseconds: maker("milliseconds", milliseconds, BOUNDS),
  oneOf: <T extends string>(texts: readonly T[], options?: object) =>
    maker<T>("oneOf", () => oneOf(...texts))(options as never) as Field<never>,
  list: <T>(item: Field<T>, options?: object) =>
    maker<readonly T[]>("list", () => lines(item as unknown as Leaf<T>))(options as never) as Field<never>,
};
