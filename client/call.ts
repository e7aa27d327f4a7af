import { checkCompression } from "../rpc/compression.ts";
import { currentScope, type Scope } from "../rpc/context.ts";
import { RpcError } from "../rpc/error.ts";
import { Metadata } from "../rpc/metadata.ts";
import { addMetainfo, mergeMetainfo, readBackward } from "../rpc/metainfo.ts";
import type { Middleware, Next } from "../rpc/middleware.ts";
import { checkNumber } from "../rpc/options.ts";
import type { Method } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import type { ClientCall, Compression } from "../transport/transport.ts";
import type { Channel } from "./channel.ts";
import { cancelled } from "./deadline.ts";
import type { CallOptions } from "./options.ts";
import { errorOf } from "./outcome.ts";
import { type EncodedRequest, RequestPump } from "./request_pump.ts";

/** What a client knows of a call that it makes. Middleware may give the next layer another one. */
export interface ClientContext {
  /** What the caller asked for. */
  readonly options: CallOptions;
  /** When the call must have ended, in milliseconds since 1970; undefined without a limit. */
  readonly deadline: number | undefined;
  /** Gives the call up. */
  readonly signal: AbortSignal | undefined;
  /** What is sent: the call's own fields and all metainfo. */
  readonly metadata: Metadata;
}

/** Code around every call that a client makes. */
export type ClientMiddleware = Middleware<ClientContext>;

/**
 * The context of a call: its own options, and what flows in from the handler or {@linkcode withMetainfo} around it.
 *
 * @throws {TypeError} If an option is malformed or its metadata can't be sent.
 * @throws {RangeError} If a time is negative.
 */
export function contextOf(method: Method, options: CallOptions, timeout?: number): ClientContext {
  const scope = currentScope();
  const metainfo = options.metainfo ? mergeMetainfo(scope.outgoing, options.metainfo) : scope.outgoing;
  return {
    options,
    deadline: deadlineOf(method, options, scope, timeout),
    signal: options.signal && scope.signal
      ? AbortSignal.any([options.signal, scope.signal])
      : options.signal ?? scope.signal,
    metadata: addMetainfo(new Metadata(options.metadata), metainfo),
  };
}

function deadlineOf(method: Method, options: CallOptions, scope: Scope, fallback?: number): number | undefined {
  let timeout = options.timeout;
  if (timeout !== undefined) checkNumber(`${method.path}: timeout`, timeout, 0);
  else if (options.deadline === undefined && scope.deadline === undefined) timeout = fallback;
  if (options.deadline !== undefined) checkNumber(`${method.path}: deadline`, options.deadline.valueOf(), 0);
  const limits = [options.deadline?.valueOf(), scope.deadline, timeout === undefined ? undefined : Date.now() + timeout]
    .filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The innermost end of a call with one response: resolves with it. */
export function oneResponse(channel: Channel): Next<ClientContext> {
  return async ({ method, request, context }) => {
    const { call, pump, message } = await begin(channel, method, request, context);
    try {
      if (message !== undefined && await call.receive() !== undefined) {
        call.cancel();
        throw new RpcError(Status.UNIMPLEMENTED, "one response was expected, and more came", { path: method.path });
      }
      conclude(call, method, context, pump);
      if (message === undefined) {
        throw new RpcError(Status.UNIMPLEMENTED, "one response was expected, and none came", { path: method.path });
      }
      return decode(method, message);
    } finally {
      pump?.stop();
    }
  };
}

/** The innermost end of a call with many responses: resolves with an iterable of them. */
export function manyResponses(channel: Channel): Next<ClientContext> {
  // deno-lint-ignore require-await -- what is awaited stands in the generator
  return async ({ method, request, context }) => responses(channel, method, request, context);
}

async function* responses(
  channel: Channel,
  method: Method,
  request: unknown,
  context: ClientContext,
): AsyncGenerator<unknown> {
  const { call, pump, message: first } = await begin(channel, method, request, context);
  try {
    for (let message = first; message !== undefined; message = await call.receive()) yield decode(method, message);
    conclude(call, method, context, pump);
  } finally {
    // Whoever leaves the loop early gives the call up.
    if (call.status === undefined) call.cancel();
    pump?.stop();
  }
}

/** A call that has begun, and its first response; undefined if it has ended without one. */
interface Begun {
  readonly call: ClientCall;
  readonly pump: RequestPump | undefined;
  readonly message: Uint8Array | undefined;
}

/** How often a call is begun again that no server has begun to process. A server's refusal is taken back once only: it may be overloaded. */
const FRESH_STARTS = { left: 5, refused: 1 };

/**
 * Begins a call, and waits for its first response. One that a server refused, or that stayed behind on a connection that was being
 * left, is begun again: nobody has processed it.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#transparent-retries
 */
async function begin(channel: Channel, method: Method, request: unknown, context: ClientContext): Promise<Begun> {
  const { options } = context;
  const many = method.kind === "client_streaming" || method.kind === "bidi";
  const only = many ? undefined : method.request.encode(request as never);
  const encoding = many ? undefined : compressionOf(method, options, request);
  checkTime(method, context);
  const pump = many ? new RequestPump(iteratorOf(method, request), (one) => encoded(method, options, one)) : undefined;
  try {
    const left = { ...FRESH_STARTS };
    for (;;) {
      const call = await start(channel, method, context);
      if (pump) pump.attach(call);
      else call.send(only!, encoding, true);
      const message = await call.receive();
      const unprocessed = call.status?.unprocessed;
      if (unprocessed === undefined || left[unprocessed]-- === 0 || pump?.canRepeat === false) {
        pump?.forget();
        return { call, pump, message };
      }
      checkTime(method, context);
    }
  } catch (error) {
    pump?.stop();
    throw error;
  }
}

async function start(channel: Channel, method: Method, context: ClientContext): Promise<ClientCall> {
  const { deadline, signal, metadata, options } = context;
  const subchannel = channel.pick({}) ?? await channel.wait({}, deadline, signal).catch((error) => {
    throw at(method, error);
  });
  const call: ClientCall = subchannel.start({
    path: method.path,
    metadata,
    deadline,
    signal,
    compression: typeof options.compression === "function" ? "gzip" : options.compression,
    onHeader: options.onHeader && guarded(options, () => call),
  });
  return call;
}

function checkTime(method: Method, { signal, deadline }: ClientContext): void {
  if (signal?.aborted) throw at(method, cancelled(signal));
  if (deadline !== undefined && deadline <= Date.now()) {
    throw new RpcError(Status.DEADLINE_EXCEEDED, "the deadline had passed before the call began", {
      path: method.path,
    });
  }
}

function encoded(method: Method, options: CallOptions, request: unknown): EncodedRequest {
  return { message: method.request.encode(request as never), compression: compressionOf(method, options, request) };
}

function compressionOf(method: Method, { compression }: CallOptions, request: unknown): Compression | undefined {
  const chosen = typeof compression === "function" ? compression(request) : compression;
  if (chosen !== undefined) checkCompression(`${method.path}: compression`, chosen);
  return chosen;
}

/** What the caller's `onHeader` threw, by call: it ends the call and reaches the caller. */
const headerFailures = new WeakMap<ClientCall, { error: unknown }>();

function guarded({ onHeader }: CallOptions, call: () => ClientCall): CallOptions["onHeader"] {
  if (onHeader === undefined) return undefined;
  return (header) => {
    try {
      onHeader(header);
    } catch (error) {
      headerFailures.set(call(), { error });
      call().cancel();
    }
  };
}

function iteratorOf(method: Method, requests: unknown): AsyncIterator<unknown> {
  const iterable = requests as Partial<AsyncIterable<unknown>> | null | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(`${method.path}: the requests are no AsyncIterable; give an async generator`);
  }
  return iterable[Symbol.asyncIterator]!();
}

/** Tells the caller of the trailer, and throws unless the call succeeded. */
function conclude(
  call: ClientCall,
  method: Method,
  { options, signal }: ClientContext,
  pump: RequestPump | undefined,
): void {
  const status = call.status!;
  const trailer = status.trailer ?? new Metadata();
  options.onTrailer?.(trailer);
  if (options.onBackward) {
    const backward = readBackward(trailer);
    if (backward.size > 0) options.onBackward(backward);
  }
  const failure = headerFailures.get(call) ?? pump?.failure;
  if (failure) throw failure.error;
  if (status.code === Status.OK) return;
  if (status.code === Status.CANCELLED && signal?.aborted) throw at(method, cancelled(signal));
  throw errorOf(status, method.path);
}

function decode(method: Method, message: Uint8Array): unknown {
  try {
    return method.response.decode(message);
  } catch (cause) {
    throw new RpcError(Status.INTERNAL, `the response is no valid ${method.response.typeName}`, {
      path: method.path,
      cause,
    });
  }
}

/** The same error with the method's path. */
function at(method: Method, error: unknown): unknown {
  if (!(error instanceof RpcError) || error.path !== undefined) return error;
  const { code, rawMessage, details, metadata, cause } = error;
  return new RpcError(code, rawMessage, { details, metadata, cause, path: method.path });
}
