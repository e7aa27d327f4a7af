/**
 * A header block that can't be decoded: the connection ends with COMPRESSION_ERROR (RFC 7540, 4.3), as its table is
 * lost.
 */
export class HpackError extends Error {
  /** Always `"HpackError"`. */
  override readonly name = "HpackError";
}
