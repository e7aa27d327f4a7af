import type { LogLevel } from "../base/logger.ts";
import { type Leaf, leaf, list, text } from "../base/options/fields.ts";

/** A text that messages must not show. */
export const secret = (): Leaf<string> => ({ ...text(), secret: true });

/** An absolute URL. Messages must not show it, because it may contain a password. */
export const url = (): Leaf<string> => ({
  ...leaf<string>(
    "text",
    'an absolute URL, for example "https://pay.example.com/v1"',
    (value) =>
      typeof value === "string" && /^[a-z][a-z\d+.-]*:\/\//i.test(value) && URL.canParse(value) ? value : undefined,
  ),
  secret: true,
});

/** The name of a service in its .proto file, with or without its package. */
export const protoName = (): Leaf<string> =>
  text('a service of a .proto file, for example "shop.ProductService"', /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/);

/** A path. No file system allows longer ones, and control characters are mistakes. */
export const path = (): Leaf<string> => text("a path", /^\P{Cc}{1,4096}$/u);

/** A list. Its message describes the YAML syntax. */
export const lines = <T>(item: Leaf<T>): Leaf<readonly T[]> => ({
  ...list(item),
  allowed: 'a list: one value a line, each after "- "',
});

const LEVELS = new Map<unknown, LogLevel>([
  ...(["debug", "info", "warn", "error", "silent"] as const).map((level) => [level, level] as const),
  ["trace", "debug"],
  ["notice", "info"],
  ["fatal", "error"],
]);

/** A log level: one of Dinokit's or Kitex's names. */
export const logLevel = (): Leaf<LogLevel> =>
  leaf(
    "text",
    "debug, info, warn, error or silent (or Kitex's trace, notice, fatal)",
    (value) => LEVELS.get(value),
  );
