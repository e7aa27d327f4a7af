import type { Scope, ServerContext } from "../../rpc/context.ts";
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
import { timeOfDay } from "../../base/time.ts";
import type { ServerCall } from "../../transport/transport.ts";
import type { Source } from "../../rpc/source_headers.ts";
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
}

/** The context of one call. Expensive parts are created on first use. */
export class CallContext implements ServerContext, Scope {
  readonly #call: ServerCall;
  readonly #served: ServedMethodInfo;
  readonly #rules: MetainfoRules;
  #header: Metadata | undefined;
  #trailer: Metadata | undefined;
  #metainfo: Metainfo | undefined;
  #deadline: number | undefined;
  #headerSent = false;
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

  /** The metainfo of the calls that the handler makes. */
  get outgoing(): OutgoingMetainfo {
    const { persistent, transient } = this.metainfo;
    return {
      persistent: this.#isRetry && !persistent.has(RETRY_KEY)
        ? new MetainfoMap([...persistent, [RETRY_KEY, "1"]])
        : persistent,
      transient: this.#rules.forwardTransient ? transient : traceContext(transient),
    };
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

  /** Returns the trailer fields to send; undefined if there are none. */
  endTrailer(): Metadata | undefined {
    if (this.#metainfo === undefined || this.#metainfo.backward.size === 0) return this.#trailer;
    return addBackward(this.trailer, this.#metainfo.backward);
  }
}
