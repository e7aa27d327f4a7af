/**
 * What moves calls: the contract between the call path (server/, client/) and the wires below it. A transport knows
 * bytes, headers, status and time; it knows no messages, services or handlers.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Compression } from "../rpc/compression.ts";
import type { Logger } from "../base/logger.ts";
import type { Metadata } from "../rpc/metadata.ts";
import type { Peer } from "../rpc/peer.ts";
import type { Source } from "../rpc/source.ts";
import type { Status } from "../rpc/status.ts";
import type { ClientTls, ServerTls } from "../tls/options.ts";

/** A value, or the promise of one where it takes time: the common case then costs no turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>;

/** The part of a transport that a server uses. */
export interface ServerTransport {
  /** The transport's name in options and logs, such as `"http2"`. */
  readonly name: string;
  /** The permissions that the transport needs beyond those for its sockets. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Serves calls at an address.
   *
   * @throws {Deno.errors.AddrInUse} If another process listens there.
   */
  listen(options: ListenOptions): Promise<Listener>;
}

/** The part of a transport that a client uses. */
export interface ClientTransport {
  /** The transport's name in options and logs, such as `"http2"`. */
  readonly name: string;
  /** The permissions that the transport needs beyond those for its sockets. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Connects to a server: resolves once calls can be started.
   *
   * @throws {Error} If no connection can be made before `options.signal` aborts.
   */
  connect(options: ConnectOptions): Promise<Connection>;
}

/** A way to move calls, for servers and for clients. */
export interface Transport extends ServerTransport, ClientTransport {}

/**
 * The bounds on what a peer may send, hold or make us do. Numbers are octets, counts or milliseconds; `Infinity` sets
 * no bound. Those from `connections` on are kept by the kit's own transport only.
 */
export interface Limits {
  /**
   * The largest message that is received, in octets, before and after decompression. Past it: RESOURCE_EXHAUSTED.
   * @default {4194304}
   */
  receiveMessageBytes: number;
  /**
   * The memory that a received message may take once it is decoded, in octets, as estimated. At least twice {@linkcode
   * Limits.receiveMessageBytes} where nothing is said. Past it: RESOURCE_EXHAUSTED.
   * @default {67108864}
   */
  decodedMessageBytes: number;
  /**
   * The largest message that is sent, in octets, before compression. Past it: RESOURCE_EXHAUSTED.
   * @default {4194304}
   */
  sendMessageBytes: number;
  /**
   * The most header or trailer fields of a call, in octets as HTTP/2 counts them (32 a field and its text). Past it:
   * RESOURCE_EXHAUSTED.
   * @default {8192}
   */
  metadataBytes: number;
  /** The most header or trailer fields of a call. Past it: RESOURCE_EXHAUSTED. @default {100} */
  metadataEntries: number;
  /** The most calls at one time on one connection. Past it: REFUSED_STREAM. @default {100} */
  concurrentStreams: number;
  /** The most connections of a server. Past it: closed at once. @default {10000} */
  connections: number;
  /**
   * What is held of one connection's messages that nobody has taken, in octets. Past it the peer has to wait. Less than
   * 256 KiB for each of {@linkcode Limits.concurrentStreams} lets calls that nobody reads hold up others.
   * @default {33554432}
   */
  connectionBufferBytes: number;
  /**
   * What is held of all connections' messages, in octets: each for itself of those that nobody has taken, of those that
   * handlers have (decoded, as estimated), and of replies that wait. Past it: RESOURCE_EXHAUSTED.
   * @default {134217728}
   */
  bufferBytes: number;
  /** The most HEADERS and CONTINUATION frames of one header block. Past it: ENHANCE_YOUR_CALM. @default {16} */
  headerBlockFrames: number;
  /**
   * How many frames that carry nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA) may come in a burst,
   * beyond four for each useful frame and 100 a second. Past it: ENHANCE_YOUR_CALM.
   * @default {1000}
   */
  controlFrames: number;
  /**
   * How many calls a client may reset in their first 50 ms, or have reset by its errors, in a burst, beyond four for
   * each call that was answered and 100 a second (CVE-2023-44487). Past it: ENHANCE_YOUR_CALM.
   * @default {500}
   */
  resets: number;
  /**
   * The least time between two PINGs of a client while no call sends anything; it may be two times too early (gRPC A8).
   * Past it: GOAWAY `too_many_pings`.
   * @default {10000}
   */
  pingInterval: number;
  /**
   * How long a new connection may take for TLS and its first SETTINGS, in milliseconds. Past it: closed.
   * @default {10000}
   */
  handshakeTimeout: number;
  /** How long a header block that has begun may take, in milliseconds. Past it: closed. @default {10000} */
  headersTimeout: number;
  /** How long a connection may have no call, in milliseconds. Past it: GOAWAY. @default {300000} */
  idleTimeout: number;
  /**
   * How long what is to be sent may wait for a peer that takes nothing, in milliseconds. Past it: closed.
   * @default {300000}
   */
  stallTimeout: number;
  /** How old a connection may grow, in milliseconds, give or take a tenth. Past it: GOAWAY. @default {Infinity} */
  connectionAge: number;
  /** How long calls in flight may take after a GOAWAY for age, in milliseconds. @default {10000} */
  connectionAgeGrace: number;
  /**
   * After how long without a frame the peer is asked by PING whether it is there, in milliseconds. A client asks only
   * while calls are in flight, and waits six times as long after two PINGs if the server has sent nothing for a call
   * since.
   * @default {60000}
   */
  keepaliveInterval: number;
  /** How long that PING may wait for its answer, in milliseconds. Past it: closed. @default {20000} */
  keepaliveTimeout: number;
  /**
   * How long a server may send nothing while calls are in flight, in milliseconds, the answer to a question of the
   * client included: past it, it gets no new calls until it sends something; a connection without calls is closed after
   * `keepaliveTimeout` of it, to try another. Found out a second or two late.
   * @default {1000}
   */
  silenceTimeout: number;
}

export type { Compression } from "../rpc/compression.ts";

export type { ClientTls, ServerTls } from "../tls/options.ts";

/** What a transport is told to serve. */
export interface ListenOptions {
  /** Where. Port 0 is a free one. */
  address: Address;
  /**
   * Whether others may listen on the same port, among whom the system then divides the connections.
   * @default {false}
   */
  reusePort?: boolean;
  /** TLS; plaintext without. */
  tls?: ServerTls;
  /** Bounds on what callers may send and what is sent to them. */
  limits: Limits;
  /** How replies are encoded for callers that accept it. */
  compression: Compression;
  /** For what no caller can be told. */
  logger: Logger;
  /** Takes each call. It never throws. */
  onCall(call: ServerCall): void;
}

/** A transport that serves. */
export interface Listener {
  /** Where it really listens: the port is never 0. */
  readonly address: Address;
  /** It will be drained before long, and goes on till then. */
  leaving?(): void;
  /** Takes no new connections and calls; resolves when the calls in flight have ended. */
  drain(): Promise<void>;
  /** Ends everything at once: calls in flight get UNAVAILABLE. */
  close(): Promise<void>;
  /** Shows other certificates to those who connect from now on. Only where TLS was asked for. */
  setTls?(tls: ServerTls): void;
  /** Why it does not serve as it should, if it does not. */
  readonly trouble?: string;
  /**
   * How often each limit was passed, by its name: those of {@linkcode Limits}, or what else it keeps; only those that
   * were.
   */
  readonly limitHits?: ReadonlyMap<string, number>;
}

/** How a call ended, and what stood in the trailers. */
export interface CallStatus {
  /** The gRPC status code, as it came: a peer may send one that gRPC does not define. */
  readonly code: Status;
  /** The text for the peer, `""` if there is none. Any Unicode text: the transport encodes it. */
  readonly message: string;
  /** The fields that the application put into the trailers. */
  readonly trailer?: Metadata;
  /** A `google.rpc.Status` message (`grpc-status-details-bin`). */
  readonly details?: Uint8Array;
  /**
   * Why the server has certainly not begun to process the call, so that it may be sent again: it has refused it, or the
   * connection was being left, and the call stayed behind. Undefined if the server may have begun.
   */
  readonly unprocessed?: "refused" | "left";
  /** Whether it ended together with all others of its connection, which was lost. */
  readonly lost?: boolean;
}

/** A call as its server sees it. */
export interface ServerCall {
  /** The method's path, such as `"/echo.EchoService/Echo"`. */
  readonly path: string;
  /** Who calls. */
  readonly peer: Peer;
  /** The request's fields. UTF-8 values are decoded. */
  readonly metadata: Metadata;
  /** When the call must have ended, in milliseconds of `performance.now()`; undefined if the caller sets no limit. */
  readonly deadline: number | undefined;
  /**
   * Aborts when the call ends before {@linkcode finish}: the caller cancelled or went away (CANCELLED), the deadline
   * passed (DEADLINE_EXCEEDED; the transport has told the caller by itself), or the server was closed (UNAVAILABLE).
   * The reason is an RpcError.
   */
  readonly signal: AbortSignal;
  /**
   * The next request, or undefined when the caller has sent all. Nothing more is read from the wire than the windows
   * allow before it is called. Rejects with an RpcError if a request can't be read (too large, damaged) or the call has
   * ended.
   */
  receive(): MaybePromise<Uint8Array | undefined>;
  /**
   * Says how much memory the decoded requests take that the handler has, 0 when it is through. Transports that bound
   * the memory of all calls count it.
   *
   * @param octets The memory, as estimated.
   * @throws {RpcError} RESOURCE_EXHAUSTED if there is no room for it.
   */
  hold?(octets: number): void;
  /** Sends the header, once; without it an empty one goes out with the first message. */
  sendHeader(header: Metadata): void;
  /**
   * How the request came that {@linkcode receive} gave last; undefined before the first, or if the transport can't
   * tell.
   */
  readonly requestCompression?: Compression;
  /**
   * Sends a reply. A promise asks to wait before the next: the peer reads slowly. Does nothing if the call has ended.
   *
   * @param message The reply.
   * @param compression How it is encoded, if the caller accepts it and the transport can choose. @default the
   * listener's
   */
  send(message: Uint8Array, compression?: Compression): MaybePromise<void>;
  /** Ends the call. Only the first call of it counts. */
  finish(status: CallStatus): void;
}

/** Where a client connects. */
export interface ConnectOptions {
  /** The server. */
  address: Address;
  /**
   * The `:authority` of its calls: the service's name where it was resolved by name, as Kitex does, else the address.
   */
  authority: string;
  /** TLS; plaintext without. */
  tls?: ClientTls;
  /** Bounds on what the server may send and what is sent to it. */
  limits: Limits;
  /** How requests are encoded. */
  compression: Compression;
  /** For what no call can be told. */
  logger: Logger;
  /** Gives up connecting. */
  signal: AbortSignal;
  /**
   * How many times as long as `limits.keepaliveInterval` the connections of a client wait. A transport doubles it where
   * a server says `too_many_pings` (gRPC A8).
   * @default {{ factor: 1 }}
   */
  pace?: { factor: number };
  /** Told when {@linkcode Connection.silent} has changed. Not every transport finds it out. */
  onSilence?(): void;
}

/** A connection that calls can be started on. */
export interface Connection {
  /** The server. */
  readonly peer: Peer;
  /**
   * Resolves when no more calls can be started: lost, closed, or the server is going away. It says why. Never rejects.
   */
  readonly closed: Promise<string>;
  /** Whether the server is silent, though calls are in flight and it was asked: see `limits.silenceTimeout`. */
  readonly silent?: boolean;
  /** Starts a call. It never throws: whatever goes wrong is in the call's status. */
  start(options: CallStart): ClientCall;
  /**
   * Takes no more calls, and ends once those in flight have; with `force` those are cancelled, also if it was called
   * without before.
   */
  close(force?: boolean): Promise<void>;
}

/** What a call begins with. */
export interface CallStart {
  /** The method's path, such as `"/echo.EchoService/Echo"`. */
  path: string;
  /** The request's fields. */
  metadata: Metadata;
  /**
   * When it must have ended, in milliseconds of `performance.now()`. The transport enforces it and sends it as
   * `grpc-timeout`.
   */
  deadline?: number;
  /** Cancels the call: the server sees it, and the status is CANCELLED. */
  signal?: AbortSignal;
  /**
   * The encoding that its header announces: its requests come with this one or `"identity"`.
   * @default the connection's
   */
  compression?: Compression;
  /** Who makes it. @default nobody that has a name */
  source?: Source;
  /** Called once if a header arrives, before the first message is received. */
  onHeader?(header: Metadata): void;
}

/** A call as its client sees it. */
export interface ClientCall {
  /**
   * Sends a request. A promise asks to wait before the next. Does nothing if the call has ended.
   *
   * @param message The request. It must not change any more.
   * @param compression How it is encoded, if the transport can choose. @default the call's
   * @param last Whether it is the last one: it then does what {@linkcode end} does. False by default.
   */
  send(message: Uint8Array, compression?: Compression, last?: boolean): MaybePromise<void>;
  /** Says that all requests are sent. */
  end(): void;
  /** The next reply, or undefined when the call has ended: then {@linkcode status} says how. Never rejects. */
  receive(): MaybePromise<Uint8Array | undefined>;
  /** How the call ended; undefined while it has not. */
  readonly status: CallStatus | undefined;
  /** Gives the call up. */
  cancel(): void;
}
