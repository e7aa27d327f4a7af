/** The encodings that a message may have on the wire. */
export type Compression = "identity" | "gzip" | "deflate";

const KNOWN: readonly unknown[] = ["identity", "gzip", "deflate"] satisfies Compression[];

/**
 * Checks that an option is a known encoding.
 *
 * @param who The name of the option, for the error: `"createClient: compression"`.
 * @throws {TypeError} If the kit does not have this encoding.
 */
export function checkCompression(who: string, value: unknown): void {
  if (KNOWN.includes(value)) return;
  throw new TypeError(`${who} is ${JSON.stringify(value)}; use "identity", "gzip" or "deflate"`);
}
