import { hasControl, utf8Length, withoutBlanks } from "./field_value.ts";

/** One value of metadata: text, or bytes where the key ends in `-bin`. */
export type MetadataValue = string | Uint8Array;

/** What metadata can be made from: another metadata, an object, or pairs. */
export type MetadataInit =
  | Metadata
  | Readonly<Record<string, MetadataValue | readonly MetadataValue[]>>
  | Iterable<readonly [string, MetadataValue]>;

/**
 * The metadata of a call: header or trailer fields, in order; a key may stand more than once. Keys are compared without
 * case and kept in lower case. A key that ends in `-bin` holds bytes, any other holds text. Text that is not ASCII
 * travels as UTF-8, as Kitex sends it: grpc-go and Kitex take it, but other gRPC implementations may drop it.
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
   * Makes metadata, empty without an argument.
   *
   * @param init What it holds at first.
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
      if (Array.isArray(value)) { for (const one of value) this.append(key, one); }
      else this.append(key, value as MetadataValue);
    }
  }

  /**
   * Metadata of fields that are known to be right, or came over the wire: keys in lower case, values as the peer sent
   * them.
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

  /** The size as HTTP/2 counts it: 32 octets a field, and its name and value (RFC 9113, section 6.5.2). */
  get bytes(): number {
    let bytes = 0;
    for (const [key, value] of this.#entries) {
      bytes += 32 + key.length + (typeof value === "string" ? utf8Length(value) : Math.ceil(value.length * 4 / 3));
    }
    return bytes;
  }

  /** The first value of `key`. */
  get(key: `${string}-bin`): Uint8Array | undefined;
  /** The first value of `key`. */
  get(key: string): string | undefined;
  get(key: string): MetadataValue | undefined {
    key = key.toLowerCase();
    return this.#entries.find((entry) => entry[0] === key)?.[1];
  }

  /** All values of `key`, in their order. */
  getAll(key: `${string}-bin`): Uint8Array[];
  /** All values of `key`, in their order. */
  getAll(key: string): string[];
  getAll(key: string): MetadataValue[] {
    key = key.toLowerCase();
    return this.#entries.filter((entry) => entry[0] === key).map((entry) => entry[1]);
  }

  /** Whether `key` is there. */
  has(key: string): boolean {
    key = key.toLowerCase();
    return this.#entries.some((entry) => entry[0] === key);
  }

  /**
   * Replaces all values of `key` by one.
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
   * Adds a value of `key` behind those that are there. Spaces and tabs around a text are left out: HTTP does not carry
   * them.
   *
   * @throws {TypeError} If the key is no header name or belongs to HTTP/2 or gRPC, or if the value is no text (bytes
   * for a `-bin` key), or holds a control character or a lone surrogate.
   */
  append(key: string, value: MetadataValue): this {
    this.#entries.push(fieldOf(key, value));
    return this;
  }

  /** Removes all values of `key`. */
  delete(key: string): boolean {
    key = key.toLowerCase();
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry[0] !== key);
    return this.#entries.length < before;
  }

  /** The fields in their order. */
  [Symbol.iterator](): IterableIterator<[string, MetadataValue]> {
    return this.#entries.values();
  }

  /** An object for `console.log` and `JSON.stringify`: arrays where a key stands more than once. */
  toJSON(): Record<string, MetadataValue | MetadataValue[]> {
    const object: Record<string, MetadataValue | MetadataValue[]> = Object.create(null);
    for (const [key, value] of this.#entries) {
      const seen = object[key];
      if (Array.isArray(seen)) seen.push(value);
      else object[key] = seen === undefined ? value : [seen, value];
    }
    return object;
  }

  /** What `console.log` shows. */
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

/** The field as it is kept and sent. */
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
    const what = value.isWellFormed() ? "a line end or another control character" : "a lone surrogate";
    throw new TypeError(
      `metadata ${show()}: the value has ${what}; use a key ending in -bin for what is no plain text`,
    );
  }
  return [name, withoutBlanks(value)];
}
