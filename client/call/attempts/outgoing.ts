import { checkCompression } from "../../../rpc/compression.ts";
import { RETRY_FIELD } from "../../../rpc/retry_headers.ts";
import type { Method } from "../../../rpc/service.ts";
import type { ClientCall, Compression } from "../../../transport/transport.ts";
import type { CallOptions } from "../call_options.ts";
import type { ClientContext } from "../context.ts";
import { lateAtOf } from "../time_limit.ts";
import { RequestPump } from "./request_pump.ts";

/** What one call sends: a request, or a stream of requests. Each attempt of the call sends it again. */
export class Outgoing {
  readonly method: Method;
  readonly context: ClientContext;
  /** When the call is late, in milliseconds of `performance.now()`; undefined without a limit. */
  readonly lateAt: number | undefined;
  /** The encoded request; undefined for a stream of requests. */
  readonly #message: Uint8Array | undefined;
  readonly #compression: Compression | undefined;
  /** The stream of requests; undefined for a single one. */
  readonly #pump: RequestPump | undefined;

  /**
   * Encodes the request.
   *
   * @throws {TypeError} If the request has the wrong shape.
   */
  constructor(method: Method, request: unknown, context: ClientContext) {
    this.method = method;
    this.context = context;
    this.lateAt = lateAtOf(context);
    const { options } = context;
    if (method.kind === "client_streaming" || method.kind === "bidi") {
      this.#pump = new RequestPump(iteratorOf(method, request), (item) => ({
        message: method.request.encode(item as never),
        compression: compressionOf(method, options, item),
      }));
      return;
    }
    this.#message = method.request.encode(request as never);
    this.#compression = compressionOf(method, options, request);
  }

  /** Sends the requests to an attempt's call, from the first one on. */
  sendTo(call: ClientCall): void {
    if (this.#pump) return this.#pump.attach(call);
    const sent = call.send(this.#message!, this.#compression, true);
    // No request follows that would have to wait. Whether it failed is in the call's status.
    if (sent) sent.catch(() => {});
  }

  /**
   * Whether the call is part of a call that is a retry. It is not retried itself: attempts would multiply at each hop.
   */
  get isForRetry(): boolean {
    return this.context.metadata.has(RETRY_FIELD);
  }

  /** Whether the requests can be sent again. */
  get canRepeat(): boolean {
    return this.#pump === undefined || this.#pump.canRepeat;
  }

  /** What the caller's iterable threw. */
  get failure(): { error: unknown } | undefined {
    return this.#pump?.failure;
  }

  /** Releases the sent requests: they are not sent again. */
  forget(): void {
    this.#pump?.forget();
  }

  /** Stops reading the caller's requests: the call has ended. */
  stop(): void {
    this.#pump?.stop();
  }
}

function compressionOf(method: Method, { compression }: CallOptions, request: unknown): Compression | undefined {
  const chosen = typeof compression === "function" ? compression(request) : compression;
  if (chosen !== undefined) checkCompression(`${method.path}: compression`, chosen);
  return chosen;
}

function iteratorOf(method: Method, requests: unknown): AsyncIterator<unknown> {
  const iterable = requests as Partial<AsyncIterable<unknown>> | null | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(`${method.path}: the requests are no AsyncIterable; give an async generator`);
  }
  return iterable[Symbol.asyncIterator]!();
}
