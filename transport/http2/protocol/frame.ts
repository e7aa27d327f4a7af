/** The size of a frame header, in octets (RFC 9113, section 4.1). */
export const FRAME_HEADER_BYTES = 9;
/** The frame size that every peer accepts, in octets (section 6.5.2). */
export const MIN_FRAME_BYTES = 16_384;
/** The largest frame that this side accepts, in octets: it announces no larger size. */
export const MAX_RECEIVED_FRAME_BYTES = MIN_FRAME_BYTES;
/** The largest frame size that a peer may announce, in octets. */
export const MAX_FRAME_BYTES = 16_777_215;
/** The largest stream identifier (section 5.1.1). */
export const MAX_STREAM_ID = 2 ** 31 - 1;

/** The types of frames (RFC 9113, section 6). */
export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

/** The flags of frames. ACK and END_STREAM are the same bit, in different frames. */
export const Flag = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

/** The first octets of a client (section 3.4). */
export const PREFACE: Uint8Array = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Reads a 32-bit number without its highest bit, which HTTP/2 reserves. */
export function readUint31(buf: Uint8Array, at: number): number {
  return (buf[at]! & 0x7f) << 24 | buf[at + 1]! << 16 | buf[at + 2]! << 8 | buf[at + 3]!;
}

/** Reads a 32-bit number. */
export function readUint32(buf: Uint8Array, at: number): number {
  return (buf[at]! << 24 | buf[at + 1]! << 16 | buf[at + 2]! << 8 | buf[at + 3]!) >>> 0;
}
