import { Metadata, type MetadataValue, type MetainfoInit } from "../mod.ts";
import { MetainfoMap } from "../rpc/metainfo.ts";
import { type Command, InvalidArgumentError } from "./deps.ts";

/** What the flags of a call say. */
export interface CallFlags {
  readonly header?: readonly (readonly [string, MetadataValue])[];
  readonly persistent?: Record<string, string>;
  readonly transient?: Record<string, string>;
  readonly timeout?: number;
  readonly verbose?: boolean;
  readonly emitDefaults?: boolean;
}

/** Adds `--timeout`. */
export const withTimeout = (command: Command): Command =>
  command.option(
    "--timeout <time>",
    "how long a call may take: 500ms, 5s, 2m (10s where it is one request and one response)",
    milliseconds,
  );

/** Adds the flags of a call. */
export const withCall = (command: Command): Command =>
  withTimeout(command)
    .option("-H, --header <field>", "metadata as 'key: value', base64 where the key ends in -bin; repeatable", header)
    .option("--persistent <key=value>", "metainfo that goes on to all services behind it; repeatable", keyValue)
    .option("--transient <key=value>", "metainfo for this service only; repeatable", keyValue)
    .option("--emit-defaults", "show fields that have their default too")
    .option("-v, --verbose", "show header, trailer, status and timing on stderr");

const UNITS = { ms: 1, s: 1000, m: 60_000 };

function milliseconds(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const time = Number(number) * UNITS[unit as keyof typeof UNITS];
  if (time >= 1) return time;
  throw new InvalidArgumentError("use a time such as 500ms, 5s or 2m.");
}

function header(text: string, all: CallFlags["header"] = []): CallFlags["header"] {
  const [, key, value] = /^([^:]+?)\s*:\s*(.*?)\s*$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError("use 'key: value'.");
  const field = [key, /-bin$/i.test(key) ? bytes(value!) : value!] as const;
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

/** The metainfo of the flags; undefined if there is none. */
export const metainfoOf = ({ persistent, transient }: CallFlags): MetainfoInit | undefined =>
  persistent || transient ? { persistent, transient } : undefined;
