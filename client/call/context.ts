import { currentScope } from "../../rpc/context.ts";
import { ContextValues } from "../../rpc/context_key.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { addMetainfo, mergeMetainfo } from "../../rpc/metainfo.ts";
import type { Middleware } from "../../rpc/middleware.ts";
import { PREVIOUS_ATTEMPTS } from "../../rpc/retry_headers.ts";
import type { Method } from "../../rpc/service.ts";
import { type Source, SOURCE_METHOD, SOURCE_SERVICE } from "../../rpc/source_headers.ts";
import type { MethodRules } from "../../policy/client_rules.ts";
import { type CallOptions, checkCallOptions } from "./call_options.ts";
import { LIMIT, limitOf, type Timed } from "./time_limit.ts";

/** What a client knows of a call that it makes. Middleware may pass a changed copy to the next layer. */
export interface ClientContext {
  /** The options that the caller gave. */
  readonly options: CallOptions;
  /** When the call must have ended, in milliseconds since 1970; undefined without a limit. */
  readonly deadline: number | undefined;
  /** Cancels the call when it aborts. */
  readonly signal: AbortSignal | undefined;
  /** The fields to send: the call's own metadata and all metainfo. */
  readonly metadata: Metadata;
  /**
   * Values that middleware hands to other middleware, by keys of {@linkcode contextKey}. They are the call's own: those
   * of a handler that makes the call are in `currentCall()`.
   */
  readonly values: ContextValues;
  /** Who makes the call, for `source-service` and `source-method`; undefined outside of handlers. */
  readonly source?: Source;
}

/** Code around every call that a client makes. */
export type ClientMiddleware = Middleware<ClientContext>;

/**
 * The context of a call: its own options, and what it inherits from the handler or {@linkcode withMetainfo} around it.
 *
 * @param method The method that is called.
 * @param options The options of the call.
 * @param rules The method's policy at this moment.
 * @throws {TypeError} If an option is unknown or malformed, or its metadata can't be sent.
 * @throws {RangeError} If a time is negative.
 */
export function contextOf(method: Method, options: CallOptions, rules: MethodRules): ClientContext & Timed {
  checkCallOptions(method, options);
  const scope = currentScope();
  const metainfo = options.metainfo ? mergeMetainfo(scope.outgoing, options.metainfo) : scope.outgoing;
  const metadata = new Metadata(options.metadata);
  // A handler may pass on the metadata that it received. Its count of attempts belongs to the incoming call.
  if (options.metadata instanceof Metadata) metadata.delete(PREVIOUS_ATTEMPTS);
  if (scope.source && metadata.size > 0) {
    metadata.delete(SOURCE_SERVICE);
    metadata.delete(SOURCE_METHOD);
  }
  const limit = limitOf(method, options, scope, rules);
  return {
    options,
    deadline: limit?.deadline,
    [LIMIT]: limit,
    signal: options.signal && scope.signal
      ? AbortSignal.any([options.signal, scope.signal])
      : options.signal ?? scope.signal,
    metadata: addMetainfo(metadata, metainfo),
    values: new ContextValues(),
    source: scope.source,
  };
}
