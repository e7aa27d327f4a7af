/**
 * Measures the cost of header compression: `deno bench bench/hpack_bench.ts`
 *
 * @module
 */

import { HpackDecoder } from "../transport/http2/hpack/decoder.ts";
import { HpackEncoder } from "../transport/http2/hpack/encoder.ts";
import type { FieldList } from "../transport/http2/hpack/field_list.ts";
import { huffmanDecode, huffmanEncode } from "../transport/http2/hpack/huffman.ts";
import { textOf, writeText } from "../transport/http2/hpack/octets.ts";

const REQUEST = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/echo.EchoService/Echo"],
  [":authority", "127.0.0.1:8888"],
  ["content-type", "application/grpc"],
  ["user-agent", "dinokit/0.1.0"],
  ["te", "trailers"],
  ["grpc-accept-encoding", "identity,gzip"],
].flat();
const HEAD = [":status", "200", "content-type", "application/grpc"];
const TRAILERS = ["grpc-status", "0"];

const newDecoder = () => new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 8192, maxFields: 100 });

/** Returns an encoder and a decoder that have processed these lists, and the block of the last list. */
function warm(...lists: FieldList[]): { encoder: HpackEncoder; decoder: HpackDecoder; block: Uint8Array } {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  let block = new Uint8Array();
  for (const fields of [...lists, ...lists]) {
    const buf = new Uint8Array(encoder.bound(fields));
    block = buf.subarray(0, encoder.encode(fields, buf, 0));
    decoder.decode(block, 0, block.length);
  }
  return { encoder, decoder, block };
}

{
  const { decoder, block } = warm(REQUEST);
  Deno.bench("decode 8 indexed fields, known", () => {
    decoder.decode(block, 0, block.length);
  });
}

{
  // Alternates three blocks, so that no block equals one of the last two.
  const { decoder, block } = warm(REQUEST);
  const blocks = [block, block.toReversed(), new Uint8Array([...block.subarray(1), block[0]!])];
  let turn = 0;
  Deno.bench("decode 8 indexed fields, not known", () => {
    turn = turn === 2 ? 0 : turn + 1;
    decoder.decode(blocks[turn]!, 0, block.length);
  });
}

{
  const { encoder, decoder, block } = warm([...REQUEST, "grpc-timeout", "1S"], [...REQUEST, "grpc-timeout", "999983u"]);
  Deno.bench("decode 8 indexed fields and a grpc-timeout", () => {
    decoder.decode(block, 0, block.length);
  });
  const lists = Array.from({ length: 1000 }, (_, i) => [...REQUEST, "grpc-timeout", `${999_000 - i}u`]);
  const buf = new Uint8Array(1024);
  let turn = 0;
  Deno.bench("encode 8 indexed fields and a grpc-timeout, a new list", () => {
    turn = turn === 999 ? 0 : turn + 1;
    encoder.encode(lists[turn]!, buf, 0);
  });
}

{
  const encoder = new HpackEncoder();
  const buf = new Uint8Array(encoder.bound(REQUEST));
  const end = encoder.encode(REQUEST, buf, 0);
  Deno.bench("decode the first request of a connection", () => {
    newDecoder().decode(buf, 0, end);
  });
  Deno.bench("encode the first request of a connection", () => {
    new HpackEncoder().encode(REQUEST, buf, 0);
  });
}

{
  const { encoder } = warm(HEAD, TRAILERS);
  const buf = new Uint8Array(256);
  Deno.bench("encode :status and content-type, the same list", () => {
    encoder.encode(HEAD, buf, 0);
  });
  Deno.bench("encode grpc-status, the same list", () => {
    encoder.encode(TRAILERS, buf, 0);
  });
}

{
  const { encoder } = warm(HEAD, TRAILERS);
  const buf = new Uint8Array(256);
  Deno.bench("encode :status and content-type, a new list", () => {
    encoder.encode([":status", "200", "content-type", "application/grpc"], buf, 0);
  });
  Deno.bench("encode grpc-status, a new list", () => {
    encoder.encode(["grpc-status", "0"], buf, 0);
  });
}

for (const text of ["999983u", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]) {
  const buf = new Uint8Array(256);
  const end = huffmanEncode(text, buf, 0);
  Deno.bench(`plain: encode ${text.length} octets`, () => {
    writeText(text, buf, 128);
  });
  Deno.bench(`Huffman: encode ${text.length} octets`, () => {
    huffmanEncode(text, buf, 0);
  });
  Deno.bench(`Huffman: decode ${text.length} octets`, () => {
    huffmanDecode(buf, 0, end);
  });
}

for (const length of [8, 16, 24, 64]) {
  const buf = new Uint8Array(64).fill(0x61);
  Deno.bench(`${length} octets as text`, () => {
    textOf(buf, 0, length);
  });
}
