/**
 * Kitex's metainfo: values that are sent with a call, outside of its messages. On the wire they are header fields whose
 * names begin with `rpc-persist-` or `rpc-transit-`, and trailer fields whose names begin with `rpc-backward-`. The
 * rules are those of `github.com/bytedance/gopkg/cloud/metainfo` over gRPC.
 *
 * @module
 */

import { hasControl, withoutBlanks } from "./field_value.ts";
import { Metadata, type MetadataValue } from "./metadata.ts";

const PERSISTENT = "rpc-persist-";
const TRANSIENT = "rpc-transit-";
const BACKWARD = "rpc-backward-";

/**
 * Metainfo values by key. Keys are stored as the peer receives them: in upper case, with `_` instead of `-`. So
 * `client-name` and `CLIENT_NAME` are the same key.
 *
 * The value of a key that ends in `_BIN` is sent in base64, so it may contain any characters. If a peer sends bytes
 * that are not valid UTF-8, each byte becomes one character, and a byte above 127 becomes a lone surrogate from U+DC80
 * on. So the next hop receives the bytes unchanged.
 */
export class MetainfoMap extends Map<string, string> {
  /** Returns the value of `key`. */
  override get(key: string): string | undefined {
    return super.get(canonical(key));
  }

  /** Whether `key` has a value. */
  override has(key: string): boolean {
    return super.has(canonical(key));
  }

  /**
   * Sets the value of `key`. Leading and trailing spaces and tabs are removed, because HTTP does not carry them; a
   * value that is sent in base64 keeps them.
   *
   * @throws {TypeError} If the key contains characters that are not allowed in a header name; if the value is empty or
   * contains a lone surrogate; or if it contains a control character and the key does not end in `_BIN`.
   */
  override set(key: string, value: string): this {
    const name = checkKey(key);
    return super.set(name, checkValue(key, name, value));
  }

  /** Removes `key`. */
  override delete(key: string): boolean {
    return super.delete(canonical(key));
  }
}

/** Metainfo values to send, as an object or a map. */
export type MetainfoValues = Readonly<Record<string, string>> | ReadonlyMap<string, string>;

/** The argument of {@linkcode withMetainfo}, and the option `metainfo` of a call. */
export interface MetainfoInit {
  /** Values that propagate over every hop of the chain of calls. */
  readonly persistent?: MetainfoValues;
  /** Values that propagate to the next service only. The context of a trace propagates further. */
  readonly transient?: MetainfoValues;
}

/** The metainfo that is sent with a call. */
export interface OutgoingMetainfo {
  /** Values that propagate over every hop. */
  readonly persistent: ReadonlyMap<string, string>;
  /** Values that propagate to the next service only. */
  readonly transient: ReadonlyMap<string, string>;
}

/** The metainfo of a call that a handler serves. Never use it for authorization: any caller can send any value. */
export interface Metainfo extends OutgoingMetainfo {
  /**
   * Values for the caller, sent in the trailers. Kitex clients ignore them: use {@linkcode ServerContext.trailer} for
   * those.
   */
  readonly backward: Map<string, string>;
}

/** An empty outgoing metainfo. */
export const NO_METAINFO: OutgoingMetainfo = { persistent: new MetainfoMap(), transient: new MetainfoMap() };

/**
 * Returns the metainfo `base` with the values of `init` added. A value of `init` wins over one of the same key. `base`
 * is not changed.
 */
export function mergeMetainfo(base: OutgoingMetainfo, init: MetainfoInit): OutgoingMetainfo {
  return { persistent: merge(base.persistent, init.persistent), transient: merge(base.transient, init.transient) };
}

function merge(base: ReadonlyMap<string, string>, values: MetainfoValues | undefined): ReadonlyMap<string, string> {
  if (values === undefined) return base;
  const merged = new MetainfoMap(base);
  for (const [key, value] of values instanceof Map ? values : Object.entries(values)) merged.set(key, value);
  return merged;
}

/**
 * The keys under which OpenTelemetry's propagators for Kitex send the context of a trace. They are transient, and each
 * service sends them again.
 */
const TRACE_KEYS = ["TRACEPARENT", "TRACESTATE", "BAGGAGE"];

/**
 * Returns the transient values that propagate over more than one hop: the context of a trace. Otherwise a trace would
 * end at the first service that does not trace.
 */
export function traceContext(transient: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (transient.size === 0) return transient;
  const entries = TRACE_KEYS.flatMap((key): [string, string][] => {
    const value = transient.get(key);
    return value === undefined ? [] : [[key, value]];
  });
  return entries.length === 0 ? NO_METAINFO.transient : new MetainfoMap(entries);
}

/** Returns the metadata of a call with its metainfo added. */
export function addMetainfo(metadata: Metadata, { persistent, transient }: OutgoingMetainfo): Metadata {
  if (persistent.size === 0 && transient.size === 0) return metadata;
  const entries = [...metadata];
  addFields(entries, PERSISTENT, persistent);
  addFields(entries, TRANSIENT, transient);
  return Metadata.unchecked(entries);
}

/** Returns the trailer with the backward values added. */
export function addBackward(trailer: Metadata, backward: ReadonlyMap<string, string>): Metadata {
  if (backward.size === 0) return trailer;
  const entries = [...trailer];
  addFields(entries, BACKWARD, backward);
  return Metadata.unchecked(entries);
}

/**
 * Reads the metainfo of a request.
 *
 * @param metadata The request's fields.
 * @param allowed The allow-list of keys, as {@linkcode allowList} returns it. All keys are accepted without it.
 */
export function readMetainfo(
  metadata: Iterable<[string, MetadataValue]>,
  allowed?: ReadonlySet<string>,
): OutgoingMetainfo {
  let persistent = NO_METAINFO.persistent;
  let transient = NO_METAINFO.transient;
  for (const [name, value] of metadata) {
    if (name.startsWith(PERSISTENT)) persistent = take(persistent, name.slice(PERSISTENT.length), value, allowed);
    else if (name.startsWith(TRANSIENT)) transient = take(transient, name.slice(TRANSIENT.length), value, allowed);
  }
  return { persistent, transient };
}

/** Reads the backward values of a trailer. */
export function readBackward(trailer: Iterable<[string, MetadataValue]>): ReadonlyMap<string, string> {
  let backward = NO_METAINFO.persistent;
  for (const [name, value] of trailer) {
    if (name.startsWith(BACKWARD)) backward = take(backward, name.slice(BACKWARD.length), value);
  }
  return backward;
}

/** Adds one received field. As in Kitex, the first field of a name wins, and empty or invalid values are ignored. */
function take(
  into: ReadonlyMap<string, string>,
  name: string,
  value: MetadataValue,
  allowed?: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const key = canonical(name);
  if (!TOKEN.test(key) || into.has(key) || (allowed && !allowed.has(key))) return into;
  const text = typeof value === "string" ? withoutBlanks(value) : textOf(value);
  if (text === "" || !isBinary(key) && hasControl(text)) return into;
  const map = into.size === 0 ? new MetainfoMap() : into as MetainfoMap;
  return map.set(key, text);
}

function addFields(entries: [string, MetadataValue][], prefix: string, values: ReadonlyMap<string, string>): void {
  for (const [key, value] of values) {
    entries.push([prefix + key.toLowerCase().replaceAll("_", "-"), isBinary(key) ? bytesOf(value) : value]);
  }
}

/** Whether the field name of a key ends in `-bin`. */
const isBinary = (key: string) => key === "BIN" || key.endsWith("_BIN");

const UTF8 = { encoder: new TextEncoder(), decoder: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }) };
const ESCAPED = 0xdc00;

function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decoder.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : ESCAPED + byte)).join("");
  }
}

function bytesOf(text: string): Uint8Array {
  return text.isWellFormed()
    ? UTF8.encoder.encode(text)
    : Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** Returns the allow-list that {@linkcode readMetainfo} takes. */
export function allowList(keys: readonly string[]): ReadonlySet<string> {
  return new Set(keys.map(checkKey));
}

const canonical = (key: string) => key.replaceAll("-", "_").toUpperCase();

const TOKEN = /^[0-9A-Z_!#$%&'*+.^`|~]+$/;
/** Matches bytes that are not valid UTF-8, as {@linkcode textOf} writes them. */
// deno-lint-ignore no-control-regex -- all of ASCII
const BYTES = /^[\x00-\x7f\udc80-\udcff]*$/;

function checkKey(key: string): string {
  const name = canonical(String(key));
  if (TOKEN.test(name)) return name;
  throw new TypeError(`metainfo key ${JSON.stringify(key)}: use letters, digits, "_" and "-" only`);
}

function checkValue(key: string, name: string, value: string): string {
  const fail = (why: string) => new TypeError(`metainfo ${JSON.stringify(key)}: the value ${why}`);
  if (typeof value !== "string") throw fail(`is ${typeof value}; expected a string`);
  const binary = isBinary(name);
  const text = binary ? value : withoutBlanks(value);
  if (text === "") throw fail("is empty, and Kitex drops empty values; leave the key out");
  if (!binary && hasControl(text)) {
    throw fail(
      "has a line end or another control character; use a key ending in _BIN for values that are not plain text",
    );
  }
  if (!text.isWellFormed() && !(binary && BYTES.test(text))) {
    throw fail("has a lone surrogate, which is not Unicode text");
  }
  return text;
}
