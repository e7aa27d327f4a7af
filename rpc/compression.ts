/** Encodings of a message on the wire. */
export type Compression = "identity" | "gzip" | "deflate";

const KNOWN: readonly unknown[] = ["identity", "gzip", "deflate"] satisfies Compression[];

/**
 * Checks an option.
 *
 * @param who It, for the message: `"createClient: compression"`.
 * @throws {TypeError} If it is no encoding that the kit has.
 */
export function checkCompression(who: string, value: unknown): void {
  if (KNOWN.includes(value)) return;
  throw new TypeError(`${who} is ${JSON.stringify(value)}; use "identity", "gzip" or "deflate"`);
}
