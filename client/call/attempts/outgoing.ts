import { checkCompression } from "../../../rpc/compression.ts";
import { RETRY_FIELD } from "../../../rpc/retry_fields.ts";
import type { Method } from "../../../rpc/service.ts";
import type { ClientCall, Compression } from "../../../transport/transport.ts";
import type { ClientContext } from "../responses.ts";
import type { CallOptions } from "../../options.ts";
import { RequestPump } from "./request_pump.ts";
import { lateAtOf } from "../time_limit.ts";

/** What a call sends, as often as it is sent: one request, or a stream of them. */
export class Outgoing {
  readonly method: Method;
  readonly context: ClientContext;
  /** When the call is late, in milliseconds of `performance.now()`; undefined without a limit. */
  readonly lateAt: number | undefined;
  readonly #only: Uint8Array | undefined;
  readonly #compression: Compression | undefined;
  readonly #pump: RequestPump | undefined;

  /**
   * Encodes the request.
   *
   * @throws {TypeError} If it has the wrong shape.
   */
  constructor(method: Method, request: unknown, context: ClientContext) {
    this.method = method;
    this.context = context;
    this.lateAt = lateAtOf(context);
    const { options } = context;
    if (method.kind === "client_streaming" || method.kind === "bidi") {
      this.#pump = new RequestPump(iteratorOf(method, request), (one) => ({
        message: method.request.encode(one as never),
        compression: compressionOf(method, options, one),
      }));
      return;
    }
    this.#only = method.request.encode(request as never);
    this.#compression = compressionOf(method, options, request);
  }

  /** Sends it to an attempt: from the beginning, if there was one before. */
  sendTo(call: ClientCall): void {
    if (this.#pump) return this.#pump.attach(call);
    const wait = call.send(this.#only!, this.#compression, true);
    // Nothing follows. What goes wrong is in the call's status.
    if (wait) wait.catch(() => {});
  }

  /** Whether it is made for a call that was tried again: it is not tried again itself, or attempts would multiply at each hop. */
  get isForRetry(): boolean {
    return this.context.metadata.has(RETRY_FIELD);
  }

  /** Whether it can be sent once more. */
  get canRepeat(): boolean {
    return this.#pump === undefined || this.#pump.canRepeat;
  }

  /** What the caller's iterable threw. */
  get failure(): { error: unknown } | undefined {
    return this.#pump?.failure;
  }

  /** It is not sent again. */
  forget(): void {
    this.#pump?.forget();
  }

  /** The call has ended: no more requests are asked for. */
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
