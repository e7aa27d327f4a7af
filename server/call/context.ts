import type { Logger } from "../../base/logger.ts";
import type { CurrentCall, Scope, ServerContext } from "../../rpc/context.ts";
import { ContextValues } from "../../rpc/context_key.ts";
import type { DetachedWork } from "../../rpc/detached_work.ts";
import { Metadata } from "../../rpc/metadata.ts";
import {
  addBackward,
  type Metainfo,
  MetainfoMap,
  type OutgoingMetainfo,
  readMetainfo,
  traceContext,
} from "../../rpc/metainfo.ts";
import { PREVIOUS_ATTEMPTS, RETRY_FIELD, RETRY_KEY } from "../../rpc/retry_headers.ts";
import { REQUEST_ID_KEY, requestIdOf } from "../../rpc/request_id.ts";
import { timeOfDay } from "../../base/time.ts";
import type { ServerCall } from "../../transport/transport.ts";
import type { Source } from "../../rpc/source_headers.ts";
import { callLogger } from "./call_logger.ts";
import type { Draining } from "./draining.ts";
import type { Route } from "./handlers.ts";

/** The rules of a server for the metainfo that it receives. */
export interface MetainfoRules {
  /** The keys that are accepted; all if undefined. */
  readonly allowed: ReadonlySet<string> | undefined;
  /** Whether transient values propagate to the next hop too, as in Kitex's default mode. */
  readonly forwardTransient: boolean;
}

/** The data that all calls of a method share. */
export interface ServedMethodInfo {
  readonly route: Route;
  /** The source of the calls that the handler makes. */
  readonly source: Source;
  readonly logger: Logger;
  readonly draining: Draining;
  readonly detachedWork: DetachedWork;
}

/** The context of one call. Expensive parts are created on first use. */
export class CallContext implements ServerContext, Scope, CurrentCall {
  readonly #call: ServerCall;
  readonly #served: ServedMethodInfo;
  readonly #rules: MetainfoRules;
  #header: Metadata | undefined;
  #trailer: Metadata | undefined;
  #metainfo: Metainfo | undefined;
  #deadline: number | undefined;
  #outgoing: OutgoingMetainfo | undefined;
  #values: ContextValues | undefined;
  #requestId: string | undefined;
  #logger: Logger | undefined;
  #draining: AbortController | undefined;
  #headerSent = false;
  #ended = false;
  compression: ServerContext["compression"] = undefined;
  /** Whether the caller must not retry the call, because a call of the handler already exhausted its retries. */
  mustNotRepeat = false;

  constructor(call: ServerCall, served: ServedMethodInfo, rules: MetainfoRules) {
    this.#call = call;
    this.#served = served;
    this.#rules = rules;
  }

  get service(): string {
    return this.#served.route.service;
  }
  get method(): string {
    return this.#served.route.method.name;
  }
  get source(): Source {
    return this.#served.source;
  }
  get peer(): ServerContext["peer"] {
    return this.#call.peer;
  }
  get signal(): AbortSignal {
    return this.#call.signal;
  }
  get draining(): AbortSignal {
    const { draining } = this.#served;
    return (this.#draining ??= this.#ended ? draining.left() : draining.enter()).signal;
  }
  get deadline(): number | undefined {
    const { lateAt } = this;
    return lateAt === undefined ? undefined : this.#deadline ??= timeOfDay(lateAt);
  }
  get lateAt(): number | undefined {
    return this.#call.deadline;
  }
  get requestCompression(): ServerContext["requestCompression"] {
    return this.#call.requestCompression;
  }
  get metadata(): Metadata {
    return this.#call.metadata;
  }
  get header(): Metadata {
    return this.#header ??= new Metadata();
  }
  get trailer(): Metadata {
    return this.#trailer ??= new Metadata();
  }
  get metainfo(): Metainfo {
    return this.#metainfo ??= {
      ...readMetainfo(this.#call.metadata, this.#rules.allowed),
      backward: new MetainfoMap(),
    };
  }

  get values(): ContextValues {
    return this.#values ??= new ContextValues();
  }

  get call(): CurrentCall {
    return this;
  }
  get context(): ServerContext {
    return this;
  }
  get detachedWork(): DetachedWork {
    return this.#served.detachedWork;
  }
  get requestId(): string {
    return this.#requestId ??= requestIdOf(this.#call.metadata);
  }
  get logger(): Logger {
    return this.#logger ??= callLogger(
      this.#served.logger,
      this.#call.path,
      this.requestId,
      this.#call.metadata,
    );
  }

  /** The metainfo of the calls that the handler makes. */
  get outgoing(): OutgoingMetainfo {
    return this.#outgoing ??= {
      persistent: this.#persistent,
      transient: this.#rules.forwardTransient ? this.metainfo.transient : traceContext(this.metainfo.transient),
    };
  }

  get #persistent(): ReadonlyMap<string, string> {
    const { metainfo: { persistent }, requestId } = this;
    const marksRetry = this.#isRetry && !persistent.has(RETRY_KEY);
    if (!marksRetry && persistent.get(REQUEST_ID_KEY) === requestId) return persistent;
    const all = new MetainfoMap(persistent).set(REQUEST_ID_KEY, requestId);
    return marksRetry ? all.set(RETRY_KEY, "1") : all;
  }

  /**
   * Whether this call, or one of the calls above it in the chain, is a retry. It does not depend on the metainfo keys
   * that the server accepts.
   */
  get #isRetry(): boolean {
    const { metadata } = this.#call;
    return metadata.has(PREVIOUS_ATTEMPTS) || metadata.has(RETRY_FIELD);
  }

  retriesExhausted(): void {
    this.mustNotRepeat = true;
  }

  sendHeader(): void {
    if (this.#headerSent) return;
    this.#headerSent = true;
    this.#call.sendHeader(this.header);
  }

  /** Sends the header if the handler added fields to it. */
  flushHeader(): void {
    if (this.#header !== undefined && this.#header.size > 0) this.sendHeader();
  }

  /** Releases what the server holds for the call, which has ended. */
  end(): void {
    this.#ended = true;
    if (this.#draining !== undefined) this.#served.draining.leave(this.#draining);
  }

  /** Returns the trailer fields to send; undefined if there are none. */
  endTrailer(): Metadata | undefined {
    if (this.#metainfo === undefined || this.#metainfo.backward.size === 0) return this.#trailer;
    return addBackward(this.trailer, this.#metainfo.backward);
  }
}
