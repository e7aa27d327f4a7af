import { Metadata, type MetadataValue, type MetainfoInit } from "../../mod.ts";
import { TIMEOUT } from "../../policy/client_fields.ts";
import { MetainfoMap } from "../../rpc/metainfo.ts";
import { repeatable } from "./command.ts";
import { type Command, InvalidArgumentError } from "../deps.ts";
import { timeOfDay } from "../../base/time.ts";

const DEFAULT_TIMEOUT_MS = TIMEOUT.fallback!;
const DEFAULT = `${DEFAULT_TIMEOUT_MS / 1000}s`;

type Header = readonly (readonly [string, MetadataValue])[];

/** The flags of a call. */
export interface CallFlags {
  readonly header?: Header;
  readonly persistent?: Record<string, string>;
  readonly transient?: Record<string, string>;
  readonly timeout?: number;
  readonly verbose?: boolean;
  readonly emitDefaults?: boolean;
}

/** Adds `--timeout`. */
const withTimeout = (command: Command, when = ""): Command =>
  command.option(
    "--timeout <time>",
    `the timeout of the whole command: 500ms, 5s, 2m (default: ${DEFAULT}${when})`,
    milliseconds,
  );

/** Adds `-H`. */
export const withHeader = (command: Command): Command =>
  command.option(
    "-H, --header <field>",
    "metadata as 'key: value', in base64 if the key ends in -bin; repeatable",
    repeatable(header),
  );

/** Adds the flags of a call. */
export const withCall = (command: Command): Command =>
  withHeader(withTimeout(command, " for unary calls"))
    .option(
      "--persistent <key=value>",
      "metainfo that is propagated to all further services; repeatable",
      repeatable(keyValue),
    )
    .option("--transient <key=value>", "metainfo for this service only; repeatable", repeatable(keyValue))
    .option("--emit-defaults", "also show fields with their default value")
    .option("-v, --verbose", "show header, trailer, status and timing on stderr");

/** Returns the deadline that `--timeout` sets; undefined without it. */
export const deadlineOf = ({ timeout }: Pick<CallFlags, "timeout">): number | undefined =>
  timeout === undefined ? undefined : timeOfDay() + timeout;

/** The flags of a command that queries a server about itself. */
export type AskingFlags = Pick<CallFlags, "header" | "timeout">;

/** Adds the flags of a command that queries a server about itself. */
export const withAsking = (command: Command): Command => withHeader(withTimeout(command));

/** Returns the timeout in milliseconds. */
export const timeoutOf = ({ timeout = DEFAULT_TIMEOUT_MS }: AskingFlags): number => timeout;

/**
 * Returns the call options of such queries. All queries of a command share one deadline, by default that of `timeout`.
 */
export const askingOf = (flags: AskingFlags, signal: AbortSignal) => ({
  signal,
  metadata: flags.header,
  deadline: timeOfDay() + timeoutOf(flags),
});

const UNITS = { ms: 1, s: 1000, m: 60_000 };

function milliseconds(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const time = TIMEOUT.check(Number(number) * UNITS[unit as keyof typeof UNITS]);
  if (time === undefined) throw new InvalidArgumentError("use a time such as 500ms, 5s or 2m.");
  return time;
}

function header(text: string, all: Header = []): Header {
  const at = text.indexOf(":");
  if (at < 1) throw new InvalidArgumentError("use 'key: value'.");
  const [key, value] = [text.slice(0, at).trimEnd(), text.slice(at + 1).trim()];
  const field = [key, /-bin$/i.test(key) ? bytes(value) : value] as const;
  refuse(() => new Metadata([field]));
  return [...all, field];
}

function bytes(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw new InvalidArgumentError("the value of a key that ends in -bin is base64.");
  }
}

function keyValue(text: string, all: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("use KEY=VALUE.");
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (Object.hasOwn(all, key)) throw new InvalidArgumentError(`${key} is given twice; give it once.`);
  refuse(() => new MetainfoMap().set(key, value));
  return { ...all, [key]: value };
}

function refuse(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Returns the metainfo that the flags set; undefined without any. */
export const metainfoOf = ({ persistent, transient }: CallFlags): MetainfoInit | undefined =>
  persistent || transient ? { persistent, transient } : undefined;
