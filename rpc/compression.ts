/** Encodings of a message on the wire. */
export type Compression = "identity" | "gzip";
