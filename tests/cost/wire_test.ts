import { assertEquals } from "@std/assert";
import { Metadata } from "../../rpc/metadata.ts";
import { readBackward, readMetainfo, traceContext } from "../../rpc/metainfo.ts";
import { DEFAULT_LIMITS } from "../../transport/limit_fields.ts";
import { metadataOf } from "../../transport/grpc/headers/headers.ts";
import { MessageReader } from "../../transport/grpc/messages/message_reader.ts";
import { headerProblem, statusOf } from "../../transport/grpc/headers/reply.ts";
import { accepts, readRequest } from "../../transport/grpc/headers/request.ts";
import { malformedRequest, malformedTrailers, withoutOuterBlanks } from "../../transport/http2/readers/header_rules.ts";
import { Stream } from "../../transport/http2/state/stream.ts";
import { StreamTable } from "../../transport/http2/state/stream_table.ts";
import { assertLinear } from "./assert_linear.ts";

/** Limits that let all pass: what is timed is the work, not the refusal. */
const LIMITS = { ...DEFAULT_LIMITS, metadataBytes: Infinity, metadataEntries: Infinity };
const many = (count: number, field: (i: number) => [string, string]) =>
  Array.from({ length: count }, (_, i) => field(i)).flat();

/** Fields of a request or response, by a size that grows in proportion to their octets. */
const FIELDS: Record<string, (size: number) => string[]> = {
  "blanks in a value": (size) => ["x-a", `x${" \t".repeat(size)}x`, "rpc-persist-a", `x${" ".repeat(size)}x`],
  "blanks around a value": (size) => ["x-a", `${" ".repeat(size)}x${"\t".repeat(size)}`],
  "commas in bytes": (size) => ["x-bin", ",".repeat(size)],
  "lists of bytes": (size) => ["x-bin", "AA , ".repeat(size)],
  "one key": (size) => many(size, () => ["x-a", "b"]),
  "keys": (size) => many(size, (i) => [`x-${i}`, "b"]),
  "metainfo of one key": (size) => many(size, () => ["rpc-persist-a", "b"]),
  "metainfo": (size) => many(size, (i) => [`rpc-transit-a${i}`, "b"]),
  "metainfo in bytes": (size) => ["rpc-persist-a-bin", "/w".repeat(size)],
  "UTF-8": (size) => ["x-a", "\xe4\xbd\xa0".repeat(size)],
  "broken UTF-8": (size) => ["x-a", "\xff".repeat(size)],
  "a content-type": (size) => ["content-type", `application/grpc+proto${";".repeat(size)}\t`],
  "a timeout": (size) => ["grpc-timeout", `${"0".repeat(size)}S`],
  "encodings": (size) => ["grpc-accept-encoding", "gzip".repeat(size)],
  "a status": (size) => ["grpc-status", "1".repeat(size)],
  "a status text": (size) => ["grpc-status", "2", "grpc-message", "%".repeat(size)],
  "an escaped status text": (size) => ["grpc-status", "2", "grpc-message", "%e4%bd%a0%ff".repeat(size)],
  "a field name": (size) => ["x".repeat(size), "b"],
};

/** All that is done with fields, on both sides. */
function readAll(list: string[]): void {
  const fields = withoutOuterBlanks(list);
  malformedRequest(fields);
  malformedTrailers(fields);
  accepts(readRequest(fields, false, LIMITS), "deflate");
  headerProblem(fields);
  statusOf(fields);
  const metadata = new Metadata(metadataOf(fields));
  Deno.inspect(metadata);
  JSON.stringify(metadata);
  traceContext(readMetainfo(metadata).transient);
  readBackward(metadata);
}

for (const [what, make] of Object.entries(FIELDS)) {
  Deno.test(`fields take time in proportion to their octets: ${what}`, () =>
    assertLinear(1000, (size) => {
      const fields = [":status", "200", ":path", "/a.B/C", ...make(size)];
      return () => readAll(fields);
    }));
}

/** Messages as they arrive: how many octets each has, and how many come at a time. */
const MESSAGES: Record<string, (size: number) => { messages: number; octets: number; piece: number }> = {
  "empty ones at once": (size) => ({ messages: 10 * size, octets: 0, piece: Infinity }),
  "empty ones one by one": (size) => ({ messages: 10 * size, octets: 0, piece: 5 }),
  "one in single octets": (size) => ({ messages: 1, octets: 20 * size, piece: 1 }),
  "those of one octet in pieces": (size) => ({ messages: size, octets: 1, piece: 4 }),
};

for (const [what, make] of Object.entries(MESSAGES)) {
  Deno.test(`messages take time in proportion to their octets: ${what}`, () =>
    assertLinear(1000, (size) => {
      const { messages, octets, piece } = make(size);
      const bytes = new Uint8Array(messages * (5 + octets));
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < messages; i++) view.setUint32(i * (5 + octets) + 1, octets);
      return () => {
        const reader = new MessageReader(Infinity, undefined);
        let taken = 0;
        for (let at = 0; at < bytes.length; at += piece) reader.push(bytes, at, Math.min(at + piece, bytes.length));
        for (; reader.ready; taken++) reader.take();
        assertEquals(taken, messages);
      };
    }));
}

Deno.test("streams take time in proportion to their number, for any identifiers that the peer chooses", async () => {
  for (const gap of [2, 0x8000, 0x1_0000]) {
    await assertLinear(2000, (size) => {
      const streams = Array.from({ length: size }, (_, i) => new Stream(1 + i * gap, 0, 0));
      return () => {
        const table = new StreamTable();
        for (const stream of streams) table.add(stream);
        for (const { id } of streams) table.get(id);
        for (const stream of streams) table.delete(stream);
      };
    });
  }
});
