/**
 * Measures the cost of encoding and decoding messages: `deno bench bench/codec_bench.ts`
 *
 * @module
 */

import { Req } from "../proto/echo.ts";
import { All, All_Mode, Color } from "../tests/proto/all.ts";

const small = { mes: "hello, world" };
const smallBytes = Req.encode(small);

/** A message of about 1.4 KB with every kind of field. */
const large: Partial<All> = {
  text: "The quick brown fox jumps over the lazy dog. ".repeat(4),
  big: -1234567890123n,
  unsignedBig: 2n ** 63n,
  zigzag: -5n,
  data: new Uint8Array(256).fill(7),
  ratio: 0.25,
  yes: true,
  color: Color.COLOR_RED,
  mode: All_Mode.ON,
  nickname: "nick",
  age: 42,
  numbers: Array.from({ length: 50 }, (_, i) => i * 1000),
  inners: Array.from({ length: 10 }, (_, i) => ({ id: BigInt(i), inner: { id: 1n } })),
  counts: new Map(Array.from({ length: 10 }, (_, i) => [`key-${i}`, BigInt(i)])),
  byId: new Map(Array.from({ length: 5 }, (_, i) => [BigInt(i), { id: BigInt(i) }])),
  byFlag: new Map([[true, "yes"], [false, "no"]]),
  choice: { case: "thing", value: { id: 3n } },
  at: { seconds: 1_700_000_000n, nanos: 2 },
  msg: { text: "北京".repeat(20), count: 1, data: new Uint8Array(64) },
};
const largeBytes = All.encode(large);

for (
  const [name, type, value, bytes] of [
    ["echo.Req", Req, small, smallBytes],
    [`All, ${largeBytes.length} bytes`, All, large, largeBytes],
  ] as const
) {
  Deno.bench(`encode ${name}`, () => void type.encode(value as never));
  Deno.bench(`decode ${name}`, () => void type.decode(bytes));
}
