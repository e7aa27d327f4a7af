import type { RpcError } from "../../../rpc/error.ts";
import type { Metadata } from "../../../rpc/metadata.ts";
import { hasSource, NO_SOURCE, type Source, SOURCE_METHOD, SOURCE_SERVICE } from "../../../rpc/source_headers.ts";
import type { FieldList } from "../../http2/hpack/field_list.ts";
import { peerExcess } from "../../excess.ts";
import type { CallStart, Compression, ConnectOptions } from "../../transport.ts";
import { ACCEPTED } from "../messages/compression.ts";
import { addMetadata, encodeText, listBytes } from "./headers.ts";
import { formatTimeout } from "./timeout.ts";
import { USER_AGENT } from "./user_agent.ts";

/** The source fields of a call without a source. They precede the fields of its metadata. */
const SOURCE: FieldList = [SOURCE_SERVICE, NO_SOURCE.service, SOURCE_METHOD, NO_SOURCE.method];
/** More octets than the kit's own fields take without the path. */
const OWN_BYTES = 2048;
/** The maximum number of paths whose fields are cached. */
const MAX_CACHED_PATHS = 1000;

/** Builds the request fields for the calls of a connection. */
export class CallHeaders {
  readonly #base: FieldList;
  readonly #compression: Compression;
  readonly #paths = new Map<string, FieldList>();

  constructor({ authority, tls, compression }: ConnectOptions) {
    this.#compression = compression;
    this.#base = [
      ...[":method", "POST", ":scheme", tls ? "https" : "http", ":authority", authority],
      ...["content-type", "application/grpc", "te", "trailers", "user-agent", USER_AGENT],
      ...["grpc-accept-encoding", ACCEPTED],
    ];
  }

  /** Returns the fields of a call. `now` matters only if the call has a deadline. */
  of({ path, metadata, deadline, source, compression = this.#compression }: CallStart, now: number): FieldList {
    let fields = this.#paths.get(path);
    if (fields === undefined) {
      fields = [...this.#base.slice(0, 4), ":path", path, ...this.#base.slice(4), ...SOURCE];
      if (this.#paths.size < MAX_CACHED_PATHS) this.#paths.set(path, fields);
    }
    if (deadline === undefined && metadata.size === 0 && compression === "identity" && !source) return fields;
    const all = [...fields];
    if (source || hasSource(metadata)) setSource(all, metadata, source);
    if (compression !== "identity") all.push("grpc-encoding", compression);
    if (deadline !== undefined) all.push("grpc-timeout", formatTimeout(deadline - now));
    addMetadata(all, metadata);
    return all;
  }

  /**
   * Returns the error if the server would reject the fields of a call; undefined if not.
   *
   * @param metadataBytes The size of the call's metadata, as HTTP/2 counts it.
   * @param peerBytes The octets that the server accepts.
   */
  excess(start: CallStart, metadataBytes: number, peerBytes: number): RpcError | undefined {
    // The fields are counted one by one only if they may exceed the limit.
    if (metadataBytes + start.path.length + OWN_BYTES <= peerBytes) return undefined;
    return peerExcess(listBytes(this.of(start, 0)), peerBytes, "the header");
  }
}

/** Sets the source in the fields that end in {@linkcode SOURCE}, unless the metadata contains one. */
function setSource(fields: string[], metadata: Metadata, { service, method }: Source = NO_SOURCE): void {
  fields.length -= SOURCE.length;
  if (!metadata.has(SOURCE_SERVICE)) fields.push(SOURCE_SERVICE, encodeText(service));
  if (!metadata.has(SOURCE_METHOD)) fields.push(SOURCE_METHOD, encodeText(method));
}
