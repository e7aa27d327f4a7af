/**
 * The contract between the call path (server/, client/) and the wire protocols below it. A transport handles bytes,
 * headers, statuses and deadlines. It knows nothing of messages, services or handlers.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import type { Compression } from "../rpc/compression.ts";
import type { Logger } from "../base/logger.ts";
import type { Peer } from "../rpc/peer.ts";
import type { ClientTls, ServerTls } from "../tls/options.ts";
import type { Limits } from "./limits.ts";
import type { CallStart, ClientCall, ServerCall } from "./transport_call.ts";

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

export type { CallStart, CallStatus, ClientCall, MaybePromise, ServerCall } from "./transport_call.ts";

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
