/**
 * A call as a transport sees it: a path, metadata, messages as bytes, a deadline and a status.
 *
 * @module
 */

import type { Compression } from "../rpc/compression.ts";
import type { ErrorOrigin } from "../rpc/error.ts";
import type { Metadata } from "../rpc/metadata.ts";
import type { Peer } from "../rpc/peer.ts";
import type { Source } from "../rpc/source_headers.ts";
import type { Status } from "../rpc/status.ts";

/**
 * A value, or a promise of it. Returning the value directly avoids a turn of the event loop.
 */
export type MaybePromise<T> = T | Promise<T>;

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
  /**
   * On clients, where the failure was found.
   * @default {"server"}
   */
  readonly origin?: Exclude<ErrorOrigin, "breaker">;
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
  /**
   * Ends the call with a status. Only the first call has an effect. Throws only if a part of the status has not the
   * declared type, as in an error that JavaScript code has made.
   */
  finish(status: CallStatus): void;
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
