/**
 * What fields of settings are declared with: for options in code, for conf.yaml and for what stands in a registry's
 * store alike.
 *
 * @module
 */

/** A field that holds a value. */
export interface Leaf<T> {
  readonly kind: "text" | "number" | "boolean" | "list";
  /** What may stand there, for the message. */
  readonly allowed: string;
  /** The value as the program uses it, or undefined if it is not allowed. */
  readonly check: (value: unknown) => T | undefined;
  /** The texts that may be meant by one that is misspelt. */
  readonly texts?: readonly string[];
  /** What it is where nobody sets it. */
  readonly fallback?: T;
  readonly required?: boolean;
  /** What stands in a list. */
  readonly item?: Leaf<unknown>;
  /** A value that no message may show. */
  readonly secret?: boolean;
}

/** A field that holds more fields. */
export interface Section<T, Off extends boolean = false> {
  readonly kind: "section";
  readonly entries: Fields<T>;
  /**
   * When it is there: always; if one of its fields is set, its required fields being required only then; or if it is
   * given, empty too.
   */
  readonly presence: "always" | "set" | "given";
  /** Whether `false` may stand in its place. */
  readonly off: Off;
}

/** A field that holds entries of one kind, by names that are free. */
export interface Keyed<T> {
  readonly kind: "map";
  readonly entry: Entry<T>;
}

/** The declaration of a field whose value is a `T`. */
export type Entry<T> = [Exclude<T, undefined | false>] extends [infer S]
  ? [S] extends [string | number | boolean | readonly unknown[]] ? Leaf<Exclude<T, undefined>>
  : string extends keyof S ? Keyed<S[keyof S]>
  : Section<S, false extends T ? true : false>
  : never;

/** The declarations of all fields of `T`: the compiler says so if one is missing or of another type. */
export type Fields<T> = { readonly [K in keyof T]-?: Entry<T[K]> };

/** Any declaration. */
export type AnyEntry = Leaf<unknown> | AnySection | AnyKeyed;
/** Any section. */
export type AnySection = Omit<Section<unknown, boolean>, "entries"> & {
  readonly entries: Readonly<Record<string, AnyEntry>>;
};
/** Any map. */
export type AnyKeyed = { readonly kind: "map"; readonly entry: AnyEntry };

/** The most that a timer takes: 24.8 days. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** A value of a kind of one's own. */
export const leaf = <T>(kind: Leaf<T>["kind"], allowed: string, check: Leaf<T>["check"]): Leaf<T> => ({
  kind,
  allowed,
  check,
});

/** A text. */
export const text = (allowed = "a text", form = /^/): Leaf<string> =>
  leaf("text", allowed, (value) => typeof value === "string" && form.test(value) ? value : undefined);

/** One of some texts. */
export const oneOf = <T extends string>(...texts: readonly T[]): Leaf<T> => ({
  ...leaf("text", `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`, (value) => texts.find((one) => one === value)),
  texts,
});

/** A number within bounds; `isRight` says more of it. */
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

/** A whole number. */
export const whole = (least: number, unit = "", most = Infinity): Leaf<number> => {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return number(`a whole number ${range}${unit && `, in ${unit}`}`, least, most, Number.isSafeInteger);
};

/** The same, or infinity. */
export const orInfinity = (one: Leaf<number>): Leaf<number> =>
  leaf(
    "number",
    `${one.allowed}, or infinity`,
    (value) => value === Infinity || value === "infinity" ? Infinity : one.check(value),
  );

/** A time. */
export const milliseconds = (least = 1): Leaf<number> =>
  number(`a number from ${least} to ${MAX_DURATION_MS}, in milliseconds`, least, MAX_DURATION_MS);

/** A share of something; 0 may be refused. */
export const share = (most: number, zero: boolean): Leaf<number> =>
  zero
    ? number(`a share from 0 to ${most}`, 0, most)
    : number(`a share above 0, up to ${most}`, Number.MIN_VALUE, most);

/** True or false. */
export const yesOrNo = (): Leaf<boolean> =>
  leaf("boolean", "true or false", (value) => typeof value === "boolean" ? value : undefined);

/** A list of at least so many items, which are checked one by one. */
export const list = <T>(item: Leaf<T>, least = 0): Leaf<readonly T[]> => ({
  ...leaf(
    "list",
    least > 0 ? `a list of at least ${least}` : "a list",
    (value) => Array.isArray(value) && value.length >= least ? value : undefined,
  ),
  item,
});

/** A field that must be set. */
export const required = <T>(one: Leaf<T>): Leaf<T> => ({ ...one, required: true });

/** A field with a default. */
export const or = <T>(one: Leaf<T>, fallback: T): Leaf<T> => ({ ...one, fallback });

/** A section that is always there. */
export const section = <T>(entries: Fields<T>): Section<T> => ({
  kind: "section",
  entries,
  presence: "always",
  off: false,
});

/** A section that is there if one of its fields is set. */
export const optional = <T>(entries: Fields<T>): Section<T> => ({ ...section(entries), presence: "set" });

/** A section that is there if it is given, empty too. */
export const given = <T>(entries: Fields<T>): Section<T> => ({ ...section(entries), presence: "given" });

/** The same, or `false`. */
export const orFalse = <T>(entries: Fields<T>): Section<T, true> => ({ ...given(entries), off: true });

/** A field of entries by free names. */
export const keyed = <T>(entry: Entry<T>): Keyed<T> => ({ kind: "map", entry });
