/**
 * Building blocks to declare the fields of settings: the type, range, unit and default of each. The same declarations
 * check options in code, flags of the command line, conf.yaml and the values in a registry's key-value store.
 *
 * @module
 */

/** A field that holds a value. */
export interface Leaf<T> {
  readonly kind: "text" | "number" | "boolean" | "list" | "value";
  /** The allowed values, for messages. */
  readonly allowed: string;
  /** Returns the value as the program uses it, or undefined if the value is not allowed. */
  readonly check: (value: unknown) => T | undefined;
  /** Returns a message for a value that is not allowed, if there is a better one than the list of allowed values. */
  readonly problem?: (value: unknown) => string | undefined;
  /** The allowed texts, for suggestions when a value is misspelt. */
  readonly texts?: readonly string[];
  /** The default. Only sections that are `filled` apply it; for others, the code that uses the settings does. */
  readonly fallback?: T;
  readonly required?: boolean;
  /** The declaration of a list's items. */
  readonly item?: Leaf<unknown>;
  /** Whether messages must not show the value. */
  readonly secret?: boolean;
}

/** A field that holds more fields. */
export interface Section<T, Off extends boolean = false> {
  readonly kind: "section";
  readonly entries: Fields<T>;
  /**
   * When the section exists. `"always"`. `"set"`: if one of its fields is set; its required fields are required only
   * then. `"given"`: if it is present, even empty.
   */
  readonly presence: "always" | "set" | "given";
  /** Whether fields that are not set get their default. */
  readonly filled: boolean;
  /** The form of the section in code, for messages: `'{ address: "127.0.0.1:8889" }'`. */
  readonly use?: string;
  /** Whether `false` is allowed instead of the section. */
  readonly off: Off;
}

/** A field that holds entries of one kind, keyed by free names. */
export interface Keyed<T> {
  readonly kind: "map";
  readonly entry: Entry<T>;
  /** The form of the field in code, for messages: `'{ zone: "a" }'`. */
  readonly use?: string;
}

/** The declaration of a field whose value is a `T`. */
export type Entry<T> = [Exclude<T, undefined | false>] extends [infer S]
  ? [S] extends [string | number | boolean | readonly unknown[] | ((...args: never) => unknown)]
    ? Leaf<Exclude<T, undefined>>
  : string extends keyof S ? Keyed<S[keyof S]>
  : Section<S, false extends T ? true : false>
  : never;

/**
 * The declarations of all fields of `T`. The compiler reports a field that is missing or has another type. A
 * {@linkcode Leaf} may hold any value, such as a registry.
 */
export type Fields<T> = { readonly [K in keyof T]-?: Entry<T[K]> | Leaf<Exclude<T[K], undefined>> };

/** Any declaration. */
export type AnyEntry = Leaf<unknown> | AnySection | AnyKeyed;
/** Any section. */
export type AnySection = Omit<Section<unknown, boolean>, "entries"> & {
  readonly entries: Readonly<Record<string, AnyEntry>>;
};
/** Any map. */
export type AnyKeyed = { readonly kind: "map"; readonly entry: AnyEntry; readonly use?: string };

/** A field with its own check. */
export const leaf = <T>(kind: Leaf<T>["kind"], allowed: string, check: Leaf<T>["check"]): Leaf<T> => ({
  kind,
  allowed,
  check,
});

/** A text. */
export const text = (allowed = "a text", form = /^/): Leaf<string> =>
  leaf("text", allowed, (value) => typeof value === "string" && form.test(value) ? value : undefined);

/** A field that accepts one of several texts. */
export const oneOf = <T extends string>(...texts: readonly T[]): Leaf<T> => ({
  ...leaf(
    "text",
    `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`,
    (value) => texts.find((choice) => choice === value),
  ),
  texts,
});

/** A field that accepts a number within bounds, and for which `isRight` holds. */
export const number = (
  allowed: string,
  least: number,
  most = Infinity,
  isRight: (value: number) => boolean = Number.isFinite,
): Leaf<number> =>
  leaf(
    "number",
    allowed,
    (value) => typeof value === "number" && value >= least && value <= most && isRight(value) ? value : undefined,
  );

const range = (least: number, most: number) => most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;

/** A field that accepts a whole number within bounds. */
export const whole = (least: number, unit = "", most = Infinity): Leaf<number> => {
  return number(`a whole number ${range(least, most)}${unit && `, in ${unit}`}`, least, most, Number.isSafeInteger);
};

/** The field, which also accepts infinity. */
export const orInfinity = (field: Leaf<number>): Leaf<number> =>
  leaf(
    "number",
    `${field.allowed}, or infinity`,
    (value) => value === Infinity || value === "infinity" ? Infinity : field.check(value),
  );

/** A field that accepts a duration in milliseconds. */
export const milliseconds = (least = 1, most = Infinity): Leaf<number> =>
  number(`a number ${range(least, most)}, in milliseconds`, least, most);

/** A field that accepts a share of something, with or without 0. */
export const share = (most: number, zero: boolean): Leaf<number> =>
  zero
    ? number(`a share from 0 to ${most}`, 0, most)
    : number(`a share above 0, up to ${most}`, Number.MIN_VALUE, most);

/** A field that accepts true or false. */
export const yesOrNo = (): Leaf<boolean> =>
  leaf("boolean", "true or false", (value) => typeof value === "boolean" ? value : undefined);

/** A list of at least `least` items. Each item is checked. */
export const list = <T>(
  item: Leaf<T>,
  least = 0,
  allowed = least > 0 ? `a list of at least ${least}` : "a list",
): Leaf<readonly T[]> => ({
  ...leaf(
    "list",
    allowed,
    (value) => Array.isArray(value) && value.length >= least ? value : undefined,
  ),
  item,
});

/** A field that accepts an object with these functions. Its other properties are not checked. */
export const object = <T>(use: string, ...methods: readonly string[]): Leaf<T> => {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const missing = (value: Record<string, unknown>) => methods.find((name) => typeof value[name] !== "function");
  return {
    ...leaf("value", use, (value) => isObject(value) && missing(value) === undefined ? value as T : undefined),
    problem: (value) => isObject(value) ? `has no function ${missing(value)}; use ${use}` : undefined,
  };
};

/** A field that accepts an object with these functions and a list of the permissions that it needs. */
export const provider = <T>(use: string, ...methods: readonly string[]): Leaf<T> => {
  const own = object<T & { permissions: unknown }>(use, ...methods);
  const isComplete = (value: unknown) => Array.isArray(own.check(value)?.permissions);
  return {
    ...leaf("value", use, (value) => isComplete(value) ? value as T : undefined),
    problem: (value) => own.check(value) ? `has no list permissions; use ${use}` : own.problem!(value),
  };
};

/** A field whose value is not checked. */
export const unchecked = <T>(): Leaf<T> => leaf("value", "any value", (value) => value as T);

/** A field that accepts a function. */
export const callable = <T>(use: string): Leaf<T> =>
  leaf("value", use, (value) => typeof value === "function" ? value as T : undefined);

/** The field as a required one. */
export const required = <T>(field: Leaf<T>): Leaf<T> => ({ ...field, required: true });

/** The field with a default. */
export const or = <T>(field: Leaf<T>, fallback: T): Leaf<T> => ({ ...field, fallback });

/** A section that always exists. */
export const section = <T>(entries: Fields<T>): Section<T> => ({
  kind: "section",
  entries,
  presence: "always",
  filled: true,
  off: false,
});

/** A section that always exists. Its fields that are not set stay so. */
export const unfilled = <T>(entries: Fields<T>): Section<T> => ({ ...section(entries), filled: false });

/** A section that exists if one of its fields is set. */
export const optional = <T>(entries: Fields<T>): Section<T> => ({
  ...section(entries),
  presence: "set",
  filled: false,
});

/** A section that exists if it is present, even empty. `use` is its form in code, for messages. */
export const given = <T>(entries: Fields<T>, use?: string): Section<T> => ({
  ...section(entries),
  presence: "given",
  filled: false,
  use,
});

/** A section that exists if it is present, or `false`. */
export const orFalse = <T>(entries: Fields<T>): Section<T, true> => ({ ...given(entries), off: true });

/** A field of entries that are keyed by free names. `use` is its form in code, for messages. */
export const keyed = <T>(entry: Entry<T>, use?: string): Keyed<T> => ({ kind: "map", entry, use });

/** Returns the defaults of a section's fields. Fields without a default are left out. */
export function defaultsOf<T>(section: { readonly entries: Partial<Fields<T>> }): Partial<T> {
  const leaves = Object.entries(section.entries as Record<string, Partial<Leaf<unknown>>>);
  return Object.fromEntries(
    leaves.flatMap(([name, { fallback }]) => fallback === undefined ? [] : [[name, fallback]]),
  ) as Partial<T>;
}

/** Returns the values with the defaults of a section. A field without a default may still be undefined. */
export function withDefaults<T extends object>(
  section: { readonly entries: Partial<Fields<T>> },
  values: T,
): Required<T> {
  return { ...defaultsOf(section), ...defined(values) } as Required<T>;
}

/** Returns the object without fields that are `undefined`, which would hide a default. */
export function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
