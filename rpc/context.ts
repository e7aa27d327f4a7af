/**
 * The context of a call on the server, and the part of it that propagates to the calls that its handler makes.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "../base/logger.ts";
import type { ContextValues } from "./context_key.ts";
import type { DetachedWork } from "./detached_work.ts";
import type { Metadata } from "./metadata.ts";
import { mergeMetainfo, type Metainfo, type MetainfoInit, NO_METAINFO, type OutgoingMetainfo } from "./metainfo.ts";
import type { Compression } from "./compression.ts";
import type { Peer } from "./peer.ts";
import type { Source } from "./source_headers.ts";

/** The call that a handler serves, as the handler and the server's middleware see it. */
export interface ServerContext {
  /** The service's full name, such as `"echo.EchoService"`. */
  readonly service: string;
  /** The method's name in the .proto file, such as `"Echo"`. */
  readonly method: string;
  /** The client's end of the connection. */
  readonly peer: Peer;
  /**
   * Aborts when the caller cancels the call, the deadline passes, or a stopping server cancels its in-flight calls. The
   * reason is an {@linkcode RpcError}.
   */
  readonly signal: AbortSignal;
  /**
   * Aborts when the server begins to drain: when it has left the registry and is about to take no more calls. A long
   * stream then ends in time instead of holding up the stop for `drainTimeout`. The reason is an
   * {@linkcode RpcError} with the status UNAVAILABLE. The signal is the call's own: it does not abort after the call
   * has ended.
   */
  readonly draining: AbortSignal;
  /** The time by which the call must end, in milliseconds since 1970; undefined if the caller set no deadline. */
  readonly deadline: number | undefined;
  /** The header fields that the caller sent. */
  readonly metadata: Metadata;
  /** Header fields for the caller. They are sent before the first response; later changes have no effect. */
  readonly header: Metadata;
  /** Trailer fields for the caller. They are sent with the status. */
  readonly trailer: Metadata;
  /** The Kitex metainfo of the call. */
  readonly metainfo: Metainfo;
  /** Values that middleware hands to the handler, by keys of {@linkcode contextKey}. */
  readonly values: ContextValues;
  /** The encoding of the last request; undefined if the transport does not expose it (grpc-js does not). */
  readonly requestCompression: Compression | undefined;
  /**
   * The encoding of the next responses. Has no effect if the caller does not accept the encoding, or if the transport
   * has no choice (grpc-js has none).
   * @default {that of the server}
   */
  compression: Compression | undefined;
  /** Sends {@linkcode ServerContext.header} now instead of with the first response. */
  sendHeader(): void;
}

/** The call whose handler, middleware or {@linkcode detached} work runs now. */
export interface CurrentCall {
  /** The context of the call, as its handler gets it. */
  readonly context: ServerContext;
  /** Logs with the path of the call, its request id, and the id of its trace if the caller sent one. */
  readonly logger: Logger;
  /**
   * The id of the request, which is the same at all services of the chain of calls. It comes from the caller's metainfo
   * or its field `x-request-id`; a value that is not 1 to 128 letters, digits and `._:/+=@-` is replaced by a new one.
   */
  readonly requestId: string;
}

/** The values that propagate from a handler, or from {@linkcode withMetainfo}, to the calls that are made inside it. */
export interface Scope {
  /** The deadline of the surrounding call, in milliseconds of `performance.now()`; undefined if it has none. */
  readonly lateAt: number | undefined;
  /** The signal of the surrounding call; undefined if there is none. */
  readonly signal: AbortSignal | undefined;
  /** The metainfo that the next call sends. */
  readonly outgoing: OutgoingMetainfo;
  /**
   * Reports that a call inside this scope failed in spite of its retries. Then the caller must not retry the
   * surrounding call.
   */
  retriesExhausted(): void;
  /** The service and method that make the next call; undefined outside of a handler. */
  readonly source?: Source;
  /** The call whose handler runs; undefined outside of handlers. */
  readonly call?: CurrentCall;
  /** The detached work of the server whose handler runs; undefined outside of handlers. */
  readonly detachedWork?: DetachedWork;
}

const EMPTY: Scope = { lateAt: undefined, signal: undefined, outgoing: NO_METAINFO, retriesExhausted() {} };
const storage = new AsyncLocalStorage<Scope>();

/** Returns the scope of the code that is running. */
export function currentScope(): Scope {
  return storage.getStore() ?? EMPTY;
}

/** Runs `fn` with `args` in a scope. All work that `fn` starts has this scope too. */
export function runInScope<T, Args extends unknown[]>(scope: Scope, fn: (...args: Args) => T, ...args: Args): T {
  return storage.run(scope, fn, ...args);
}

/**
 * Runs `fn` so that every call made inside it, at any depth, carries these values. They are added to the values of the
 * surrounding scope, and override values with the same key. Concurrent calls never see each other's values.
 *
 * @example
 * ```ts
 * import { withMetainfo } from "../mod.ts";
 *
 * const answer = await withMetainfo({ persistent: { CLIENT_NAME: "echo_client" } }, async () => {
 *   // const response = await echo.echo({ mes: "hello" });
 *   return await Promise.resolve(42);
 * });
 * ```
 *
 * @param metainfo The values to add.
 * @param fn The function that runs with these values.
 * @returns The result of `fn`.
 * @throws {TypeError} If a key or value is not allowed in a header.
 */
export function withMetainfo<T>(metainfo: MetainfoInit, fn: () => T): T {
  const scope = currentScope();
  const outgoing = mergeMetainfo(scope.outgoing, metainfo);
  // The signal is a getter because the parent creates its signal on first use: that is expensive and rarely needed.
  return storage.run({
    lateAt: scope.lateAt,
    get signal() {
      return scope.signal;
    },
    outgoing,
    retriesExhausted: () => scope.retriesExhausted(),
    source: scope.source,
    call: scope.call,
    detachedWork: scope.detachedWork,
  }, fn);
}
