/**
 * What belongs to a call while it is served, and what of it flows on to the calls that its handler makes.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Metadata } from "./metadata.ts";
import { mergeMetainfo, type Metainfo, type MetainfoInit, NO_METAINFO, type OutgoingMetainfo } from "./metainfo.ts";
import type { Compression } from "./compression.ts";
import type { Peer } from "./peer.ts";
import type { Source } from "./source.ts";

/** What a handler knows of the call that it serves. */
export interface ServerContext {
  /** The service's full name, such as `"echo.EchoService"`. */
  readonly service: string;
  /** The method's name in the .proto file, such as `"Echo"`. */
  readonly method: string;
  /** Who calls. */
  readonly peer: Peer;
  /**
   * Aborts when the caller gave up, the deadline passed, or the server was cut; the reason is an {@linkcode RpcError}.
   */
  readonly signal: AbortSignal;
  /** When the call must have ended, in milliseconds since 1970; undefined if the caller set no limit. */
  readonly deadline: number | undefined;
  /** What the caller sent. */
  readonly metadata: Metadata;
  /** Goes to the caller before the first message. Later changes have no effect. */
  readonly header: Metadata;
  /** Goes to the caller with the status. */
  readonly trailer: Metadata;
  /** Kitex's metainfo. */
  readonly metainfo: Metainfo;
  /** How the last request came; undefined if the transport can't tell (grpc-js can't). */
  readonly requestCompression: Compression | undefined;
  /**
   * How the replies from now on are encoded, if the caller accepts it and the transport can choose (grpc-js can't).
   * @default the server's option
   */
  compression: Compression | undefined;
  /** Sends {@linkcode ServerContext.header} now, rather than with the first message. */
  sendHeader(): void;
}

/** What flows from a handler into its calls, or from {@linkcode withMetainfo} into those inside it. */
export interface Scope {
  /** When the call around must have ended, in milliseconds of `performance.now()`; undefined without a limit. */
  readonly lateAt: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** What the next call sends. */
  readonly outgoing: OutgoingMetainfo;
  /** A call made in it was tried again and failed all the same: nobody above is to repeat that. */
  retriesExhausted(): void;
  /** Who makes the next call; undefined where no handler does. */
  readonly source?: Source;
}

const EMPTY: Scope = { lateAt: undefined, signal: undefined, outgoing: NO_METAINFO, retriesExhausted() {} };
const storage = new AsyncLocalStorage<Scope>();

/** The scope of the code that runs now. */
export function currentScope(): Scope {
  return storage.getStore() ?? EMPTY;
}

/** Runs `fn` with `args`, and all that it starts, in a scope. */
export function runInScope<T, Args extends unknown[]>(scope: Scope, fn: (...args: Args) => T, ...args: Args): T {
  return storage.run(scope, fn, ...args);
}

/**
 * Runs `fn` so that every call made inside it, at any depth, carries these values. Values that are there already stay,
 * and two calls at the same time never see each other's.
 *
 * @example
 * ```ts
 * import { withMetainfo } from "../mod.ts";
 *
 * const answer = await withMetainfo({ persistent: { CLIENT_NAME: "echo_client" } }, async () => {
 *   // const reply = await echo.echo({ mes: "hello" });
 *   return await Promise.resolve(42);
 * });
 * ```
 *
 * @param metainfo The values to add.
 * @param fn What runs with them.
 * @returns What `fn` returns.
 * @throws {TypeError} If a key or value can't travel in a header.
 */
export function withMetainfo<T>(metainfo: MetainfoInit, fn: () => T): T {
  const scope = currentScope();
  const outgoing = mergeMetainfo(scope.outgoing, metainfo);
  // The parent's signal stays behind a getter, because making one costs and few look at it.
  return storage.run({
    lateAt: scope.lateAt,
    get signal() {
      return scope.signal;
    },
    outgoing,
    retriesExhausted: () => scope.retriesExhausted(),
    source: scope.source,
  }, fn);
}
