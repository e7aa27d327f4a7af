// A new limit goes here and into limit_fields.ts. If HTTP/2 enforces it, it also goes into `Http2Limits`
// (http2/state/connection_state.ts).

/**
 * The limits on what a peer may send, hold or cause. Numbers are octets, counts or milliseconds; `Infinity` means no
 * limit. Only the kit's own transport enforces the limits from `connections` on.
 */
export interface Limits {
  /**
   * The largest message that is received, in octets, before and after decompression. A larger one ends the call with
   * RESOURCE_EXHAUSTED.
   * @default {4194304}
   */
  receiveMessageBytes: number;
  /**
   * The largest estimated memory of a received message after decoding, in octets. If this limit is left out, it is at
   * least twice {@linkcode Limits.receiveMessageBytes}. A message that needs more ends the call with
   * RESOURCE_EXHAUSTED.
   * @default {67108864}
   */
  decodedMessageBytes: number;
  /**
   * The largest message that is sent, in octets, before compression. A larger one ends the call with
   * RESOURCE_EXHAUSTED.
   * @default {4194304}
   */
  sendMessageBytes: number;
  /**
   * The largest header or trailers of a call, in octets as HTTP/2 counts them: name, value and 32 for each field.
   * Larger ones end the call with RESOURCE_EXHAUSTED.
   * @default {8192}
   */
  metadataBytes: number;
  /**
   * The maximum number of fields in the header or in the trailers of a call. More end the call with RESOURCE_EXHAUSTED.
   * @default {100}
   */
  metadataEntries: number;
  /**
   * The maximum number of calls in flight on one connection. Further calls are refused with REFUSED_STREAM.
   * @default {100}
   */
  concurrentStreams: number;
  /**
   * The maximum number of connections of a server. Further ones are closed at once.
   * @default {10000}
   */
  connections: number;
  /**
   * The maximum number of octets of received messages on one connection that the application has not read yet. Beyond
   * this, flow control makes the peer wait. With less than 256 KiB for each of {@linkcode Limits.concurrentStreams},
   * calls that nobody reads can block others.
   * @default {33554432}
   */
  connectionBufferBytes: number;
  /**
   * The maximum number of octets of messages that all connections hold. The limit applies separately to received
   * messages that the application has not read yet, to decoded requests in handlers (estimated), and to queued
   * responses. Beyond this, calls end with RESOURCE_EXHAUSTED.
   * @default {134217728}
   */
  bufferBytes: number;
  /**
   * The maximum number of HEADERS and CONTINUATION frames in one header block. More end the connection with
   * ENHANCE_YOUR_CALM.
   * @default {16}
   */
  headerBlockFrames: number;
  /**
   * The largest burst of frames that carry no data (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, GOAWAY,
   * unknown types, empty DATA). Each useful frame allows four more, and each second allows 100 more. A larger burst
   * ends the connection with ENHANCE_YOUR_CALM.
   * @default {1000}
   */
  controlFrames: number;
  /**
   * The largest burst of calls that a client resets within their first 50 ms, or that its errors reset
   * (CVE-2023-44487). Each answered call allows four more, and each second allows 100 more. A larger burst ends the
   * connection with ENHANCE_YOUR_CALM.
   * @default {500}
   */
  resets: number;
  /**
   * The minimum time between two PINGs of a client while no call sends anything, in milliseconds. Two PINGs in a row
   * may come too early (gRPC A8). The next one ends the connection with GOAWAY `too_many_pings`.
   * @default {10000}
   */
  pingInterval: number;
  /**
   * How long a new connection may take for TLS and its first SETTINGS, in milliseconds. A slower one is closed.
   * @default {10000}
   */
  handshakeTimeout: number;
  /**
   * How long a header block may take from its first frame to its last, in milliseconds. A slower one closes the
   * connection.
   * @default {10000}
   */
  headersTimeout: number;
  /**
   * How long a connection may be without calls, in milliseconds. After that, it ends with GOAWAY.
   * @default {300000}
   */
  idleTimeout: number;
  /**
   * How long outgoing octets may wait for a peer that reads nothing, in milliseconds. After that, the connection is
   * closed.
   * @default {300000}
   */
  stallTimeout: number;
  /**
   * The maximum age of a connection, in milliseconds, with a random variation of 10 %. After that, it ends with GOAWAY.
   * @default {Infinity}
   */
  connectionAge: number;
  /**
   * How long calls in flight may continue after a GOAWAY for age, in milliseconds.
   * @default {10000}
   */
  connectionAgeGrace: number;
  /**
   * How long a connection may receive no frame before this side pings the peer, in milliseconds. A client pings only
   * while calls are in flight. After two PINGs without HEADERS or DATA from the server, the interval is six times as
   * long.
   * @default {60000}
   */
  keepaliveInterval: number;
  /**
   * How long a keepalive PING may be unanswered, in milliseconds. After that, the connection is closed.
   * @default {20000}
   */
  keepaliveTimeout: number;
  /**
   * How long a server with calls in flight may send nothing, not even the answer to a PING, in milliseconds. After
   * that, the client starts no new calls on the connection until the server sends something. A connection without calls
   * is closed after `keepaliveTimeout` of silence, so that the client tries another. Silence is detected one or two
   * seconds late.
   * @default {1000}
   */
  silenceTimeout: number;
}
