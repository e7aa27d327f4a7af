/**
 * Thrown when a header block can't be decoded. The connection then ends with COMPRESSION_ERROR (RFC 7540, 4.3), as its
 * table is lost.
 */
export class HpackError extends Error {
  /** Always `"HpackError"`. */
  override readonly name = "HpackError";
}
