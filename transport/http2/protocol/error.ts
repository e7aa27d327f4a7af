/** The error codes of HTTP/2 (RFC 9113, section 7). */
export enum ErrorCode {
  /** Nothing went wrong. */
  NO_ERROR = 0x0,
  /** The peer violated the protocol. */
  PROTOCOL_ERROR = 0x1,
  /** This side has an internal error. */
  INTERNAL_ERROR = 0x2,
  /** The peer violated flow control. */
  FLOW_CONTROL_ERROR = 0x3,
  /** SETTINGS were not acknowledged in time. */
  SETTINGS_TIMEOUT = 0x4,
  /** A frame arrived for a stream that is closed or half-closed. */
  STREAM_CLOSED = 0x5,
  /** A frame has a wrong size. */
  FRAME_SIZE_ERROR = 0x6,
  /** The stream was not processed, and may be retried. */
  REFUSED_STREAM = 0x7,
  /** The stream is not needed any more. */
  CANCEL = 0x8,
  /** The header compression state is lost. */
  COMPRESSION_ERROR = 0x9,
  /** The connection of a CONNECT request was reset. */
  CONNECT_ERROR = 0xa,
  /** The peer causes too much work. */
  ENHANCE_YOUR_CALM = 0xb,
  /** The transport is not secure enough. */
  INADEQUATE_SECURITY = 0xc,
  /** HTTP/1.1 is needed. */
  HTTP_1_1_REQUIRED = 0xd,
}

/** An error of the peer that ends the whole connection (RFC 9113, section 5.4.1). GOAWAY contains its code and text. */
export class ConnectionError extends Error {
  /** The code for GOAWAY. */
  readonly code: ErrorCode;
  /** The limit that was exceeded, if that is the reason. */
  readonly limit: string | undefined;

  /**
   * Creates an error.
   *
   * @param code The code for GOAWAY.
   * @param message What the peer did.
   * @param limit The name of the exceeded limit.
   */
  constructor(code: ErrorCode, message: string, limit?: string) {
    super(message);
    this.name = "ConnectionError";
    this.code = code;
    this.limit = limit;
  }
}

/** Creates a PROTOCOL_ERROR of the connection. */
export const protocol = (text: string): ConnectionError => new ConnectionError(ErrorCode.PROTOCOL_ERROR, text);
/** Creates a FRAME_SIZE_ERROR of the connection. */
export const sizeError = (text: string): ConnectionError => new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, text);
/** Creates a FLOW_CONTROL_ERROR of the connection (RFC 9113, section 6.9.1). */
export const windowTooLarge = (): ConnectionError =>
  new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window over 2^31-1 octets");
