import { parseAddress } from "../base/address.ts";
import type { LogLevel } from "../base/logger.ts";
import { type Leaf, leaf, list, orInfinity, text, whole } from "../policy/fields.ts";

/** A text that messages must not show. */
export const secret = (): Leaf<string> => ({ ...text(), secret: true });

/** A path. No file system allows longer ones, and control characters are mistakes. */
export const path = (): Leaf<string> => text("a path", /^\P{Cc}{1,4096}$/u);

/** A limit: a whole number, or infinity for no limit. */
export const bound = (unit = ""): Leaf<number> => orInfinity(whole(1, unit));

/** An address to listen on. */
export const address = (): Leaf<string> =>
  leaf(
    "text",
    '"host:port" with a port from 0 to 65535, ":port" for all interfaces, or "unix:/path", for example "127.0.0.1:8888"',
    (value) => kindOf(value) && value as string,
  );

/** A host and port. */
export const tcpAddress = (): Leaf<string> =>
  leaf(
    "text",
    '"host:port" with a port from 0 to 65535, for example "127.0.0.1:8889"',
    (value) => kindOf(value) === "tcp" ? value as string : undefined,
  );

/** The address of a registry's agent. */
export const agent = (): Leaf<string> =>
  leaf(
    "text",
    '"host:port", for example "127.0.0.1:8500", and no URL: TLS is the option "tls" of consul()',
    (value) => kindOf(value) === "tcp" && !(value as string).endsWith(":0") ? value as string : undefined,
  );

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

function kindOf(value: unknown): "tcp" | "unix" | "memory" | undefined {
  try {
    return parseAddress(value as string, "").kind;
  } catch {
    return undefined;
  }
}
