import type { Metadata, MetadataInit } from "../../rpc/metadata.ts";
import type { MetainfoInit } from "../../rpc/metainfo.ts";
import { checkNames, checkObject } from "../../base/option_checks.ts";
import type { Method } from "../../rpc/service.ts";
import type { Compression } from "../../transport/transport.ts";

/** The options of one call. */
export interface CallOptions {
  /** Cancels the call when it aborts: the call rejects with CANCELLED, and the server sees the cancellation. */
  signal?: AbortSignal;
  /**
   * How long the call may take, in milliseconds; `Infinity` sets no limit.
   * @default the client's `timeout` for unary calls
   */
  timeout?: number;
  /** When the call must have ended: milliseconds since 1970, or a date. Of several limits the earliest counts. */
  deadline?: number | Date;
  /** Metadata fields to send. */
  metadata?: MetadataInit;
  /**
   * Kitex's metainfo to send. It overrides values of {@linkcode withMetainfo} and of the handler that makes the call.
   */
  metainfo?: MetainfoInit;
  /**
   * How requests are encoded, or a function that chooses the encoding of each request. grpc-js can't choose by call.
   *
   * @default the client's `compression`
   */
  compression?: Compression | ((request: unknown) => Compression);
  /** Receives the header when it arrives. */
  onHeader?(header: Metadata): void;
  /** Receives the trailer when the call has ended, also when it failed. */
  onTrailer?(trailer: Metadata): void;
  /** Receives the backward metainfo when the call has ended, if there is any. */
  onBackward?(values: ReadonlyMap<string, string>): void;
}

const NAMES: Readonly<Record<keyof CallOptions, true>> = {
  signal: true,
  timeout: true,
  deadline: true,
  metadata: true,
  metainfo: true,
  compression: true,
  onHeader: true,
  onTrailer: true,
  onBackward: true,
};
const NAME_SET: ReadonlySet<string> = new Set(Object.keys(NAMES));

/**
 * Checks the names of a call's options. It runs for each call, so it allocates nothing while all names are known.
 *
 * @throws {TypeError} If an option does not exist. The message names it, and the nearest option that exists.
 */
export function checkCallOptions({ path }: Method, options: CallOptions): void {
  if (typeof options !== "object" || options === null) checkObject(`${path}: options`, options, "{ timeout: 500 }");
  for (const name in options) {
    if (!NAME_SET.has(name)) checkNames(path, options, [...NAME_SET]);
  }
}
