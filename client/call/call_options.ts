import type { Metadata, MetadataInit } from "../../rpc/metadata.ts";
import type { MetainfoInit } from "../../rpc/metainfo.ts";
import { checkOptions } from "../../base/options/check_options.ts";
import {
  type Fields,
  type Leaf,
  milliseconds,
  number,
  orInfinity,
  section,
  unchecked,
} from "../../base/options/fields.ts";
import type { Method } from "../../rpc/service.ts";
import type { Compression } from "../../transport/transport.ts";

/** The options of one call. */
export interface CallOptions {
  /** Cancels the call when it aborts: the call rejects with CANCELLED, and the server sees the cancellation. */
  signal?: AbortSignal;
  /**
   * How long the call may take, in milliseconds; `Infinity` sets no limit.
   * @default {that of the client, for unary calls}
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
   * @default {that of the client}
   */
  compression?: Compression | ((request: unknown) => Compression);
  /** Receives the header when it arrives. */
  onHeader?(header: Metadata): void;
  /** Receives the trailer when the call has ended, also when it failed. */
  onTrailer?(trailer: Metadata): void;
  /** Receives the backward metainfo when the call has ended, if there is any. */
  onBackward?(values: ReadonlyMap<string, string>): void;
}

/** The declarations of the options of a call. Those that are unchecked are checked where they are used. */
export const CALL_OPTIONS = {
  signal: unchecked<AbortSignal>(),
  timeout: orInfinity(milliseconds(0)),
  deadline: number("a date, or a number of at least 0, in milliseconds since 1970", 0),
  metadata: unchecked<MetadataInit>(),
  metainfo: unchecked<MetainfoInit>(),
  compression: unchecked<CallOptions["compression"]>(),
  onHeader: unchecked<CallOptions["onHeader"]>(),
  onTrailer: unchecked<CallOptions["onTrailer"]>(),
  onBackward: unchecked<CallOptions["onBackward"]>(),
} satisfies Record<keyof CallOptions, Leaf<unknown>>;

const NAMES: ReadonlySet<string> = new Set(Object.keys(CALL_OPTIONS));
const DECLARED = { ...section(CALL_OPTIONS as Fields<unknown>), use: "{ timeout: 500 }" };

/**
 * Checks the names of a call's options. It runs for each call, so it allocates nothing while all names are known.
 *
 * @throws {TypeError} If an option does not exist. The message names it, and the nearest option that exists.
 */
export function checkCallOptions({ path }: Method, options: CallOptions): void {
  if (typeof options !== "object" || options === null) checkOptions(path, DECLARED, options);
  for (const name in options) {
    if (!NAMES.has(name)) checkOptions(path, DECLARED, options);
  }
}
