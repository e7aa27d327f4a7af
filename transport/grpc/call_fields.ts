import type { RpcError } from "../../rpc/error.ts";
import type { Metadata } from "../../rpc/metadata.ts";
import { hasSource, NO_SOURCE, type Source, SOURCE_METHOD, SOURCE_SERVICE } from "../../rpc/source.ts";
import type { FieldList } from "../http2/hpack/field_list.ts";
import { peerExcess } from "../limits.ts";
import type { CallStart, Compression, ConnectOptions } from "../transport.ts";
import { ACCEPTED } from "./compression.ts";
import { addMetadata, encodeText, listBytes } from "./fields.ts";
import { formatTimeout } from "./timeout.ts";
import { USER_AGENT } from "./user_agent.ts";

/** The last fields of a call that nobody with a name makes, before those of its own. */
const SOURCE: FieldList = [SOURCE_SERVICE, NO_SOURCE.service, SOURCE_METHOD, NO_SOURCE.method];
/** More than the kit's own fields take but for the path, in octets. */
const OWN_BYTES = 2048;
/** How many paths have their fields kept. */
const MAX_CACHED_PATHS = 1000;

/** The fields that the calls of a connection begin with. */
export class CallFields {
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

  /** The fields of a call, at a moment that matters only where it has a deadline. */
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
   * Says why the server would not take the fields of a call, or undefined if it takes them.
   *
   * @param metadataBytes The size of the call's metadata, as HTTP/2 counts it.
   * @param peerBytes What the server takes, in octets.
   */
  excess(start: CallStart, metadataBytes: number, peerBytes: number): RpcError | undefined {
    // The fields are counted one by one only where they come near to the limit.
    if (metadataBytes + start.path.length + OWN_BYTES <= peerBytes) return undefined;
    return peerExcess(listBytes(this.of(start, 0)), peerBytes, "the header");
  }
}

/** Says who makes a call in the fields that end in {@linkcode SOURCE}, unless its metadata does. */
function setSource(fields: string[], metadata: Metadata, { service, method }: Source = NO_SOURCE): void {
  fields.length -= SOURCE.length;
  if (!metadata.has(SOURCE_SERVICE)) fields.push(SOURCE_SERVICE, encodeText(service));
  if (!metadata.has(SOURCE_METHOD)) fields.push(SOURCE_METHOD, encodeText(method));
}
