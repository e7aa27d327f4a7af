import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { concat, uint32 } from "../../../tests/http2_peer.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import { compress, decompress } from "./compression.ts";
import { MessageReader } from "./message_reader.ts";

const message = (bytes: ArrayLike<number>, flag = 0) =>
  new Uint8Array([flag, ...uint32(bytes.length), ...Array.from(bytes)]);
const all = (reader: MessageReader) => {
  const found: number[][] = [];
  while (reader.ready) found.push([...reader.take()]);
  return found;
};
const codeOf = (run: () => unknown) => assertThrows(run, RpcError).code;

Deno.test("messages split at every octet, or passed octet by octet, are read the same", () => {
  const bodies = [[], [1], [], [2, 3, 4, 5, 6, 7], [8]];
  const octets = concat(...bodies.map((body) => message(body)));
  for (let cut = 0; cut <= octets.length; cut++) {
    const reader = new MessageReader(100, undefined);
    reader.push(octets, 0, cut);
    reader.push(octets, cut, octets.length);
    assertEquals(all(reader), bodies, `cut at ${cut}`);
    assertEquals(reader.partial, 0);
  }
  const reader = new MessageReader(100, undefined);
  for (let at = 0; at < octets.length; at++) reader.push(octets, at, at + 1);
  assertEquals(all(reader), bodies);
});

Deno.test("messages are copied out of the read buffer", () => {
  const octets = message([1, 2, 3]);
  const reader = new MessageReader(100, undefined);
  reader.push(octets, 0, octets.length);
  octets.fill(9);
  assertEquals(all(reader), [[1, 2, 3]]);
});

Deno.test("flags other than 0 and 1 are INTERNAL; so is a compressed message without an encoding", () => {
  const push = (flag: number, encoding?: string) => () => new MessageReader(9, encoding).push(message([], flag), 0, 5);
  for (const flag of [2, 3, 128, 255]) assertEquals(codeOf(push(flag, "gzip")), Status.INTERNAL);
  assertEquals(codeOf(push(1)), Status.INTERNAL);
  assertEquals(codeOf(push(1, "identity")), Status.INTERNAL);
  push(1, "gzip")();
});

Deno.test("a message over the limit is RESOURCE_EXHAUSTED as soon as its length has arrived", () => {
  const push = (length: number) => () =>
    new MessageReader(10, undefined).push(new Uint8Array([0, ...uint32(length)]), 0, 5);
  push(10)();
  assertEquals(codeOf(push(11)), Status.RESOURCE_EXHAUSTED);
  assertEquals(codeOf(push(2 ** 32 - 1)), Status.RESOURCE_EXHAUSTED);
});

Deno.test("a message of which only the length has arrived takes little memory", () => {
  const four = 4 * 1024 * 1024;
  const readers = Array.from({ length: 500 }, () => new MessageReader(four, undefined));
  const before = Deno.memoryUsage().external;
  for (const reader of readers) reader.push(new Uint8Array([0, ...uint32(four), 1]), 0, 6);
  assert(Deno.memoryUsage().external - before < 500 * 64 * 1024);
  assertEquals(readers[0]!.partial, 6);
});

Deno.test("compressed messages are decompressed; damaged ones are INTERNAL, and bombs RESOURCE_EXHAUSTED", () => {
  const body = new Uint8Array(1000).fill(7);
  for (const encoding of ["gzip", "deflate"]) {
    assertEquals(decompress(encoding, compress(encoding, body), 1000), body);
    assertEquals(decompress(encoding, compress(encoding, body), Infinity), body);
    assertEquals(codeOf(() => decompress(encoding, compress(encoding, body), 999)), Status.RESOURCE_EXHAUSTED);
    assertEquals(codeOf(() => decompress(encoding, new Uint8Array([1, 2, 3]), 1000)), Status.INTERNAL);
    assertEquals(codeOf(() => decompress(encoding, compress(encoding, body).subarray(0, -3), 1000)), Status.INTERNAL);
    assertEquals(codeOf(() => decompress(encoding, new Uint8Array(0), 1000)), Status.INTERNAL);
  }
  const bomb = gzipSync(new Uint8Array(50_000_000));
  assertEquals(codeOf(() => decompress("gzip", bomb, 1_000_000)), Status.RESOURCE_EXHAUSTED);
});

Deno.test("unread messages count with their octets, however small they are", () => {
  for (const size of [0, 1]) {
    const reader = new MessageReader(100, undefined);
    const one = message(new Uint8Array(size));
    const before = Deno.memoryUsage();
    for (let i = 0; i < 200_000; i++) reader.push(one, 0, one.length);
    const { heapUsed, external } = Deno.memoryUsage();
    assert(heapUsed + external - before.heapUsed - before.external < 10_000_000);
    assertEquals(all(reader).length, 200_000);
  }
});

Deno.test("a message that was read is not changed by later octets", () => {
  const reader = new MessageReader(100, undefined);
  const taken: Uint8Array[] = [];
  for (let i = 0; i < 100; i++) {
    const octets = concat(message([i, i]), message([i, i]).subarray(0, i % 7));
    reader.push(octets, 0, octets.length);
    taken.push(reader.take());
    reader.push(message([i, i]), i % 7, 7);
    taken.push(reader.take());
  }
  assertEquals(taken.map((one) => [...one]), Array.from({ length: 200 }, (_, i) => [i >> 1, i >> 1]));
});

Deno.test("a message that can't be decompressed stays ready, alone and after others", () => {
  for (const before of [0, 1]) {
    const reader = new MessageReader(100, "gzip");
    const octets = concat(...Array.from({ length: before }, () => message([7])), new Uint8Array([1, ...uint32(1), 9]));
    reader.push(octets, 0, octets.length);
    for (let i = 0; i < before; i++) reader.take();
    assertEquals(codeOf(() => reader.take()), Status.INTERNAL);
    assertEquals(reader.ready, true);
  }
});
