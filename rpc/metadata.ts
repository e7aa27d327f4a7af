import { hasControl, utf8Length, withoutBlanks } from "./field_value.ts";

/** One value of metadata: text, or bytes where the key ends in `-bin`. */
export type MetadataValue = string | Uint8Array;

/** The values that metadata can be created from: another metadata, an object, or pairs of key and value. */
export type MetadataInit =
  | Metadata
  | Readonly<Record<string, MetadataValue | readonly MetadataValue[]>>
  | Iterable<readonly [string, MetadataValue]>;

/**
 * The metadata of a call: its header or trailer fields, in order. A key may occur more than once. Keys are
 * case-insensitive and stored in lower case. A key that ends in `-bin` holds bytes; any other key holds text. Text that
 * is not ASCII is sent as UTF-8, as Kitex does: grpc-go and Kitex accept it, but other gRPC implementations may drop
 * it.
 *
 * @example
 * ```ts
 * import { Metadata } from "../mod.ts";
 *
 * const metadata = new Metadata({ "x-request-id": "42", "trace-bin": new Uint8Array([1, 2]) });
 * metadata.append("x-tag", "a");
 * metadata.get("X-Request-Id"); // "42"
 * ```
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export class Metadata implements Iterable<[string, MetadataValue]> {
  #entries: [string, MetadataValue][] = [];

  /**
   * Creates metadata. It is empty without an argument.
   *
   * @param init The initial fields.
   * @throws {TypeError} As {@linkcode Metadata.append} does.
   */
  constructor(init?: MetadataInit) {
    if (init === undefined) return;
    if (init instanceof Metadata) {
      this.#entries = init.#entries.slice();
      return;
    }
    const pairs = Symbol.iterator in init ? init as Iterable<readonly [string, MetadataValue]> : Object.entries(init);
    for (const [key, value] of pairs) {
      if (Array.isArray(value)) { for (const element of value) this.append(key, element); }
      else this.append(key, value as MetadataValue);
    }
  }

  /**
   * Creates metadata without checking the fields. The keys must be in lower case. It is for fields that are known to be
   * valid, and for those that a peer sent.
   *
   * @param entries The fields in their order.
   */
  static unchecked(entries: [string, MetadataValue][]): Metadata {
    const metadata = new Metadata();
    metadata.#entries = entries;
    return metadata;
  }

  /** The number of fields. */
  get size(): number {
    return this.#entries.length;
  }

  /**
   * The size in octets as HTTP/2 counts it: 32 octets for each field, plus its name and value (RFC 9113, section
   * 6.5.2).
   */
  get bytes(): number {
    let bytes = 0;
    for (const [key, value] of this.#entries) {
      bytes += 32 + key.length + (typeof value === "string" ? utf8Length(value) : Math.ceil(value.length * 4 / 3));
    }
    return bytes;
  }

  /** Returns the first value of `key`. */
  get(key: `${string}-bin`): Uint8Array | undefined;
  /** Returns the first value of `key`. */
  get(key: string): string | undefined;
  get(key: string): MetadataValue | undefined {
    key = key.toLowerCase();
    return this.#entries.find((entry) => entry[0] === key)?.[1];
  }

  /** Returns all values of `key`, in their order. */
  getAll(key: `${string}-bin`): Uint8Array[];
  /** Returns all values of `key`, in their order. */
  getAll(key: string): string[];
  getAll(key: string): MetadataValue[] {
    key = key.toLowerCase();
    return this.#entries.filter((entry) => entry[0] === key).map((entry) => entry[1]);
  }

  /** Whether `key` has a value. */
  has(key: string): boolean {
    key = key.toLowerCase();
    return this.#entries.some((entry) => entry[0] === key);
  }

  /**
   * Replaces all values of `key` with one value.
   *
   * @throws {TypeError} As {@linkcode Metadata.append} does.
   */
  set(key: string, value: MetadataValue): this {
    const field = fieldOf(key, value);
    this.delete(key);
    this.#entries.push(field);
    return this;
  }

  /**
   * Adds a value after the existing values of `key`. Leading and trailing spaces and tabs of a text are removed,
   * because HTTP does not carry them.
   *
   * @throws {TypeError} If the key is not a valid header name or belongs to HTTP/2 or gRPC; if the value has the wrong
   * type (a `-bin` key takes bytes, any other key text); or if the text contains a control character or a lone
   * surrogate.
   */
  append(key: string, value: MetadataValue): this {
    this.#entries.push(fieldOf(key, value));
    return this;
  }

  /** Removes all values of `key`. Returns whether there were any. */
  delete(key: string): boolean {
    key = key.toLowerCase();
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry[0] !== key);
    return this.#entries.length < before;
  }

  /** Iterates over the fields in their order. */
  [Symbol.iterator](): IterableIterator<[string, MetadataValue]> {
    return this.#entries.values();
  }

  /**
   * Returns an object for `console.log` and `JSON.stringify`. A key that occurs more than once has an array of values.
   */
  toJSON(): Record<string, MetadataValue | MetadataValue[]> {
    const object: Record<string, MetadataValue | MetadataValue[]> = Object.create(null);
    for (const [key, value] of this.#entries) {
      const seen = object[key];
      if (Array.isArray(seen)) seen.push(value);
      else object[key] = seen === undefined ? value : [seen, value];
    }
    return object;
  }

  /** Returns the text that `console.log` shows. */
  [Symbol.for("Deno.customInspect")](inspect: (value: unknown) => string): string {
    return `Metadata ${inspect({ ...this.toJSON() })}`;
  }
}

const KEY = /^[0-9a-z_.-]+$/;
/** Fields that HTTP/2 forbids (RFC 9113, section 8.2.2) or that gRPC writes itself. */
const RESERVED = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

/** Checks a field, and returns it as it is stored and sent. */
function fieldOf(key: string, value: MetadataValue): [string, MetadataValue] {
  const show = () => JSON.stringify(key);
  if (typeof key !== "string") throw new TypeError(`metadata key: expected a string, got ${show()}`);
  const name = key.toLowerCase();
  if (!KEY.test(name)) throw new TypeError(`metadata key ${show()}: use letters, digits, "_", "-" and "." only`);
  if (RESERVED.has(name) || name.startsWith("grpc-")) {
    throw new TypeError(`metadata key ${show()} belongs to HTTP/2 or gRPC and can't be set by an application`);
  }
  if (name.endsWith("-bin")) {
    if (value instanceof Uint8Array) return [name, value];
    throw new TypeError(`metadata ${show()}: a -bin key takes a Uint8Array`);
  }
  if (typeof value !== "string") {
    throw new TypeError(`metadata ${show()}: expected a string (bytes need a key ending in -bin)`);
  }
  if (hasControl(value) || !value.isWellFormed()) {
    const problem = value.isWellFormed() ? "a line end or another control character" : "a lone surrogate";
    throw new TypeError(
      `metadata ${show()}: the value has ${problem}; use a key ending in -bin for values that are not plain text`,
    );
  }
  return [name, withoutBlanks(value)];
}
