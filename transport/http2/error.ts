/** The error codes of HTTP/2 (RFC 9113, section 7). */
export enum ErrorCode {
  /** Nothing went wrong. */
  NO_ERROR = 0x0,
  /** The peer broke the protocol. */
  PROTOCOL_ERROR = 0x1,
  /** This side failed. */
  INTERNAL_ERROR = 0x2,
  /** The peer broke flow control. */
  FLOW_CONTROL_ERROR = 0x3,
  /** SETTINGS were not acknowledged in time. */
  SETTINGS_TIMEOUT = 0x4,
  /** A frame came for a stream that is closed or half-closed. */
  STREAM_CLOSED = 0x5,
  /** A frame has a wrong size. */
  FRAME_SIZE_ERROR = 0x6,
  /** The stream was not processed: it may be tried again. */
  REFUSED_STREAM = 0x7,
  /** The stream is not needed any more. */
  CANCEL = 0x8,
  /** The header compression state is lost. */
  COMPRESSION_ERROR = 0x9,
  /** The connection of a CONNECT request was reset. */
  CONNECT_ERROR = 0xa,
  /** The peer makes too much work. */
  ENHANCE_YOUR_CALM = 0xb,
  /** The transport is not secure enough. */
  INADEQUATE_SECURITY = 0xc,
  /** HTTP/1.1 is needed. */
  HTTP_1_1_REQUIRED = 0xd,
}

/** What the peer did ends the whole connection (RFC 9113, section 5.4.1): the code and text go into GOAWAY. */
export class ConnectionError extends Error {
  /** The code for GOAWAY. */
  readonly code: ErrorCode;
  /** The limit that was passed, if that is why. */
  readonly limit: string | undefined;

  /**
   * Makes an error.
   *
   * @param code The code for GOAWAY.
   * @param message What the peer did.
   * @param limit The name of the limit that it passed.
   */
  constructor(code: ErrorCode, message: string, limit?: string) {
    super(message);
    this.name = "ConnectionError";
    this.code = code;
    this.limit = limit;
  }
}

/** A PROTOCOL_ERROR of the connection. */
export const protocol = (text: string): ConnectionError => new ConnectionError(ErrorCode.PROTOCOL_ERROR, text);
/** A FRAME_SIZE_ERROR of the connection. */
export const sizeError = (text: string): ConnectionError => new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, text);
/** A FLOW_CONTROL_ERROR of the connection (RFC 9113, section 6.9.1). */
export const windowTooLarge = (): ConnectionError =>
  new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1 octets");
