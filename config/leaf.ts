import { parseAddress } from "../rpc/address.ts";
import type { LogLevel } from "../rpc/logger.ts";

/** A key that holds a value. */
export interface Leaf<T> {
  readonly kind: "text" | "number" | "boolean" | "list";
  /** What may stand there, for the message. */
  readonly allowed: string;
  /** The value as the program uses it, or undefined if it is not allowed. */
  readonly check: (value: unknown) => T | undefined;
  /** What it is where nobody sets it. */
  readonly fallback?: T;
  readonly required?: boolean;
  /** What stands in a list. */
  readonly item?: Leaf<unknown>;
  /** A value that no message may show. */
  readonly secret?: boolean;
}

/** A key that holds more keys. */
export interface Section<E, O extends boolean> {
  readonly kind: "section";
  readonly entries: E;
  /** Whether it is left out where none of its keys is set; its required keys are then not required. */
  readonly optional: O;
}

const leaf = <T>(kind: Leaf<T>["kind"], allowed: string, check: Leaf<T>["check"]): Leaf<T | undefined> => ({
  kind,
  allowed,
  check,
});

/** A text. */
export const text = (allowed = "a text"): Leaf<string | undefined> =>
  leaf("text", allowed, (value) => typeof value === "string" ? value : undefined);

/** A text that no message shows. */
export const secret = (): Leaf<string | undefined> => ({ ...text(), secret: true });

/** A whole number. */
export const whole = (least: number, unit = ""): Leaf<number | undefined> =>
  leaf(
    "number",
    `a whole number of at least ${least}${unit && `, in ${unit}`}`,
    (value) => Number.isSafeInteger(value) && value as number >= least ? value as number : undefined,
  );

/** A bound: a whole number, or infinity where there is to be none. */
export const bound = (unit = ""): Leaf<number | undefined> => {
  const { allowed, check } = whole(1, unit);
  const none = (value: unknown) => value === "infinity" || value === Infinity;
  return leaf("number", `${allowed}, or infinity`, (value) => none(value) ? Infinity : check(value));
};

/** One of some texts. */
export const oneOf = <T extends string>(...texts: readonly T[]): Leaf<T | undefined> =>
  leaf(
    "text",
    `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`,
    (value) => texts.find((text) => text === value),
  );

/** True or false. */
export const yesOrNo = (): Leaf<boolean | undefined> =>
  leaf("boolean", "true or false", (value) => typeof value === "boolean" ? value : undefined);

/** An address to listen on. */
export const address = (): Leaf<string | undefined> =>
  leaf(
    "text",
    '"host:port" with a port from 0 to 65535, ":port" for all interfaces, or "unix:/path", for example "127.0.0.1:8888"',
    (value) => kindOf(value) && value as string,
  );

/** A host and port. */
export const tcpAddress = (): Leaf<string | undefined> =>
  leaf(
    "text",
    '"host:port" with a port from 0 to 65535, for example "127.0.0.1:8889"',
    (value) => kindOf(value) === "tcp" ? value as string : undefined,
  );

/** Where a registry's agent is. */
export const agent = (): Leaf<string | undefined> =>
  leaf(
    "text",
    '"host:port", for example "127.0.0.1:8500", and no URL: TLS is the option "tls" of consul()',
    (value) => kindOf(value) === "tcp" && !(value as string).endsWith(":0") ? value as string : undefined,
  );

/** A list. Its items are checked one by one. */
export const list = <T>(item: Leaf<T | undefined>): Leaf<readonly T[] | undefined> => ({
  ...leaf("list", 'a list: one value a line, each after "- "', (value) => Array.isArray(value) ? value : undefined),
  item,
});

const LEVELS = new Map<unknown, LogLevel>([
  ...(["debug", "info", "warn", "error", "silent"] as const).map((level) => [level, level] as const),
  ["trace", "debug"],
  ["notice", "info"],
  ["fatal", "error"],
]);

/** A level of the log, by our names and Kitex's. */
export const logLevel = (): Leaf<LogLevel | undefined> =>
  leaf(
    "text",
    "debug, info, warn, error or silent (or Kitex's trace, notice, fatal)",
    (value) => LEVELS.get(value),
  );

/** A key that must be set. */
export const required = <T>(one: Leaf<T | undefined>): Leaf<T> => ({ ...one, required: true }) as Leaf<T>;

/** A key with a default. */
export const or = <T>(one: Leaf<T | undefined>, fallback: T): Leaf<T> => ({ ...one, fallback }) as Leaf<T>;

/** A section that is always there. */
export const section = <E>(entries: E): Section<E, false> => ({ kind: "section", entries, optional: false });

/** A section that is there if one of its keys is set. */
export const optional = <E>(entries: E): Section<E, true> => ({ kind: "section", entries, optional: true });

function kindOf(value: unknown): "tcp" | "unix" | "memory" | undefined {
  try {
    return parseAddress(value as string, "").kind;
  } catch {
    return undefined;
  }
}
