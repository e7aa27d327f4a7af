/**
 * The contract between the call path (server/, client/) and the wire protocols below it. A transport handles bytes,
 * headers, statuses and deadlines. It knows nothing of messages, services or handlers.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Compression } from "../rpc/compression.ts";
import type { Logger } from "../base/logger.ts";
import type { Metadata } from "../rpc/metadata.ts";
import type { Peer } from "../rpc/peer.ts";
import type { Source } from "../rpc/source_headers.ts";
import type { Status } from "../rpc/status.ts";
import type { ClientTls, ServerTls } from "../tls/options.ts";
import type { Limits } from "./limits.ts";

/**
 * A value, or a promise of it. Returning the value directly avoids a turn of the event loop.
 */
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
   * Connects to a server. Resolves once calls can be started.
   *
   * @throws {Error} If no connection can be made before `options.signal` aborts.
   */
  connect(options: ConnectOptions): Promise<Connection>;
}

/** A transport for servers and for clients. */
export interface Transport extends ServerTransport, ClientTransport {}

export type { Compression } from "../rpc/compression.ts";

export type { Limits } from "./limits.ts";

export type { ClientTls, ServerTls } from "../tls/options.ts";

/** The options of {@linkcode ServerTransport.listen}. */
export interface ListenOptions {
  /** The address to listen on. Port 0 picks a free port. */
  address: Address;
  /**
   * Whether other processes may listen on the same port. The system then distributes the connections among them.
   * @default {false}
   */
  reusePort?: boolean;
  /** The server's certificate, key and client authorities. Plaintext if undefined. */
  tls?: ServerTls;
  /** The limits on what callers may send and on what is sent to them. */
  limits: Limits;
  /** The compression of responses to callers that accept it. */
  compression: Compression;
  /** Receives problems that can't be reported to a caller. */
  logger: Logger;
  /** Called with each new call. It never throws. */
  onCall(call: ServerCall): void;
}

/** A transport that is listening. */
export interface Listener {
  /** The address that it listens on, with its actual port. */
  readonly address: Address;
  /** Announces that {@linkcode drain} will follow soon. The listener continues to serve until then. */
  leaving?(): void;
  /** Stops accepting connections and calls. Resolves when the calls in flight have ended. */
  drain(): Promise<void>;
  /** Ends everything at once. Calls in flight end with UNAVAILABLE. */
  close(): Promise<void>;
  /** Replaces the certificates for new connections. Present only if `tls` was set. */
  setTls?(tls: ServerTls): void;
  /** Why the listener does not serve properly; undefined if it does. */
  readonly trouble?: string;
  /**
   * How often each limit was exceeded, by its name in {@linkcode Limits} or a name of the transport's own. Limits that
   * were never exceeded are absent.
   */
  readonly limitHits?: ReadonlyMap<string, number>;
}

/** How a call ended, with the content of its trailers. */
export interface CallStatus {
  /** The gRPC status code, unchanged from the wire. A peer may send one that gRPC does not define. */
  readonly code: Status;
  /** The text for the peer, `""` if there is none. It may hold any Unicode text: the transport encodes it. */
  readonly message: string;
  /** The fields that the application put into the trailers. */
  readonly trailer?: Metadata;
  /** A `google.rpc.Status` message (`grpc-status-details-bin`). */
  readonly details?: Uint8Array;
  /**
   * Why the server has certainly not begun to process the call, which makes a retry safe. `"refused"`: the server
   * refused it. `"left"`: the connection was shutting down and did not process it. Undefined if the server may have
   * begun.
   */
  readonly unprocessed?: "refused" | "left";
  /** Whether the call ended because its connection was lost. */
  readonly lost?: boolean;
  /** The error that caused the failure, if this side found it. It is never sent to the peer. */
  readonly cause?: unknown;
}

/** A call as its server sees it. */
export interface ServerCall {
  /** The method's path, such as `"/echo.EchoService/Echo"`. */
  readonly path: string;
  /** The caller. */
  readonly peer: Peer;
  /** The request's metadata. UTF-8 values are decoded. */
  readonly metadata: Metadata;
  /** The deadline of the call, in milliseconds of `performance.now()`; undefined if the caller sets none. */
  readonly deadline: number | undefined;
  /**
   * Aborts when the call ends before {@linkcode finish}. The reason is an RpcError:
   * - CANCELLED: the caller cancelled or disconnected.
   * - DEADLINE_EXCEEDED: the deadline passed. The transport has reported this to the caller.
   * - UNAVAILABLE: the server was closed.
   */
  readonly signal: AbortSignal;
  /**
   * Returns the next request, or undefined after the last. Before this is called, the transport reads no more from the
   * wire than the flow-control windows allow. Rejects with an RpcError if a request can't be read (too large, damaged)
   * or if the call has ended.
   */
  receive(): MaybePromise<Uint8Array | undefined>;
  /**
   * Reports the memory of the decoded requests that the handler holds; 0 when it is done with them. Transports that
   * limit the memory of all calls count it.
   *
   * @param octets The memory, as estimated.
   * @throws {RpcError} RESOURCE_EXHAUSTED if it exceeds the limit.
   */
  hold?(octets: number): void;
  /**
   * Sends the header. Only the first call has an effect. Without it, the first message is preceded by an empty header.
   */
  sendHeader(header: Metadata): void;
  /**
   * The compression of the request that {@linkcode receive} returned last. Undefined before the first request, or if
   * the transport does not know it.
   */
  readonly requestCompression?: Compression;
  /**
   * Sends a response. If it returns a promise, wait for it before the next response: the peer reads slowly. Does
   * nothing if the call has ended.
   *
   * @param message The response.
   * @param compression The compression, if the caller accepts it and the transport has a choice. By default that of the
   * listener.
   */
  send(message: Uint8Array, compression?: Compression): MaybePromise<void>;
  /** Ends the call with a status. Only the first call has an effect. */
  finish(status: CallStatus): void;
}

/** The options of {@linkcode ClientTransport.connect}. */
export interface ConnectOptions {
  /** The address of the server. */
  address: Address;
  /**
   * The `:authority` of the calls: the service's name if a resolver found the address, as with Kitex; otherwise the
   * address.
   */
  authority: string;
  /** The authorities, name and client certificate. Plaintext if undefined. */
  tls?: ClientTls;
  /** The limits on what the server may send and on what is sent to it. */
  limits: Limits;
  /** The compression of requests. */
  compression: Compression;
  /** Receives problems that can't be reported to a call. */
  logger: Logger;
  /** Stops connecting when it aborts. */
  signal: AbortSignal;
  /**
   * A factor on `limits.keepaliveInterval`, shared by the connections of a client. A transport doubles it when a server
   * reports `too_many_pings` (gRPC A8).
   * @default {a factor of 1}
   */
  pace?: { factor: number };
  /** Called when {@linkcode Connection.silent} changes. Not every transport detects silence. */
  onSilence?(): void;
}

/** A connection on which calls can be started. */
export interface Connection {
  /** The server. */
  readonly peer: Peer;
  /**
   * Resolves with the reason when no more calls can be started: the connection was lost or closed, or the server is
   * shutting down. Never rejects.
   */
  readonly closed: Promise<string>;
  /** Whether the server is silent although calls are in flight and a PING was sent: see `limits.silenceTimeout`. */
  readonly silent?: boolean;
  /** Starts a call. It never throws: any problem is reported in the call's status. */
  start(options: CallStart): ClientCall;
  /**
   * Accepts no more calls, and closes when those in flight have ended. With `force` it cancels them, even if it was
   * called without `force` before.
   */
  close(force?: boolean): Promise<void>;
}

/** The options of a new call. */
export interface CallStart {
  /** The method's path, such as `"/echo.EchoService/Echo"`. */
  path: string;
  /** The request's metadata. */
  metadata: Metadata;
  /** The deadline, in milliseconds of `performance.now()`. The transport enforces it and sends it as `grpc-timeout`. */
  deadline?: number;
  /** Cancels the call: the server is notified, and the status is CANCELLED. */
  signal?: AbortSignal;
  /**
   * The compression that the request's header announces. Each request is sent with it or with `"identity"`.
   * @default {the connection's}
   */
  compression?: Compression;
  /**
   * The caller's service and method.
   * @default {none}
   */
  source?: Source;
  /** Called once if the server sends a header, before the first message is received. */
  onHeader?(header: Metadata): void;
}

/** A call as its client sees it. */
export interface ClientCall {
  /**
   * Sends a request. If it returns a promise, wait for it before the next request. Does nothing if the call has ended.
   *
   * @param message The request. The caller must not change it afterwards.
   * @param compression The compression, if the transport has a choice. By default that of the call.
   * @param last Whether this is the last request: the call then also does what {@linkcode end} does. False by default.
   */
  send(message: Uint8Array, compression?: Compression, last?: boolean): MaybePromise<void>;
  /** Ends the requests. */
  end(): void;
  /** Returns the next response, or undefined when the call has ended and {@linkcode status} is set. Never rejects. */
  receive(): MaybePromise<Uint8Array | undefined>;
  /** How the call ended; undefined while it is in flight. */
  readonly status: CallStatus | undefined;
  /** Cancels the call. */
  cancel(): void;
}
