import { Buffer } from "node:buffer";
import type { grpc } from "./deps.ts";
import { Metadata, type MetadataValue } from "../../rpc/metadata.ts";
import { isApplicationField } from "../application_fields.ts";
import type { GrpcJs, RawMetadata } from "./load.ts";

/** Returns the application's fields of a grpc-js metadata. */
export function fromGrpc(metadata: grpc.Metadata): Metadata {
  const entries: [string, MetadataValue][] = [];
  for (const [key, values] of (metadata as unknown as RawMetadata).internalRepr) {
    if (!isApplicationField(key)) continue;
    for (const value of values) entries.push([key, typeof value === "string" ? value : new Uint8Array(value)]);
  }
  return Metadata.unchecked(entries);
}

/** Creates a grpc-js metadata with the application's fields. */
export function toGrpc(
  { Metadata: GrpcMetadata }: GrpcJs,
  metadata: Metadata | undefined,
  details?: Uint8Array,
): grpc.Metadata {
  const result = new GrpcMetadata();
  const { internalRepr } = result as unknown as RawMetadata;
  for (const [key, value] of metadata ?? []) {
    const raw = typeof value === "string" ? toLatin1(value) : Buffer.from(value);
    const values = internalRepr.get(key);
    if (values) values.push(raw);
    else internalRepr.set(key, [raw]);
  }
  if (details) internalRepr.set("grpc-status-details-bin", [Buffer.from(details)]);
  return result;
}

/** Returns `grpc-status-details-bin` of a trailer. */
export function detailsOf(metadata: grpc.Metadata): Uint8Array | undefined {
  const value = (metadata as unknown as RawMetadata).internalRepr.get("grpc-status-details-bin")?.[0];
  return value === undefined || typeof value === "string" ? undefined : new Uint8Array(value);
}

/** Encodes a text as UTF-8, with one character for each byte, as node:http2 writes header values. */
function toLatin1(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}
