/** The encodings that a message may have on the wire. */
export type Compression = "identity" | "gzip" | "deflate";

/** All encodings. */
export const COMPRESSIONS: readonly Compression[] = ["identity", "gzip", "deflate"];

/**
 * Checks that an option is a known encoding.
 *
 * @param who The name of the option, for the error: `"createClient: compression"`.
 * @throws {TypeError} If the kit does not have this encoding.
 */
export function checkCompression(who: string, value: unknown): void {
  if ((COMPRESSIONS as readonly unknown[]).includes(value)) return;
  throw new TypeError(`${who} is ${JSON.stringify(value)}; use "identity", "gzip" or "deflate"`);
}
