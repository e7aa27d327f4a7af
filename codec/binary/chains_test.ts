import { assertEquals, assertThrows } from "@std/assert";
import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import { collidingInt, collidingLong, collidingText } from "../../tests/cost/colliding_keys.ts";
import { seeded } from "../../tests/random.ts";
import { All, Scalars } from "../../tests/proto/all.ts";
import { unseededHash } from "./chains.ts";
import { Struct } from "../well_known.ts";

const ENTRIES = 3000;
const entries = <K, V>(key: (i: number) => K, value: V) =>
  new Map(Array.from({ length: ENTRIES }, (_, i) => [key(i), value] as const));

/** Maps by the kind of their keys, filled with keys by a rule. */
const ints = (key: (i: number) => number) => ({ byInt32: entries(key, new Uint8Array()) });
const unsigned = (key: (i: number) => number) => ({ byFixed32: entries(key, "") });
const longs = (key: (i: number) => bigint) => ({ byFixed64: entries(key, true) });
const signedLongs = (key: (i: number) => bigint) => ({ bySint64: entries(key, 0) });
const texts = (key: (i: number) => string) => ({ counts: entries(key, 0n) });

const refuses = (use: () => unknown) => {
  const error = assertThrows(use, RpcError);
  assertEquals(error.code, Status.RESOURCE_EXHAUSTED);
  assertEquals(error.rawMessage.endsWith("has a map whose keys collide"), true, error.rawMessage);
};

Deno.test("decode() and fromJson() reject maps with keys chosen to collide", () => {
  for (
    const message of [
      ints(collidingInt),
      longs(collidingLong),
      signedLongs((i) => BigInt.asIntN(64, collidingLong(i))),
    ]
  ) {
    refuses(() => Scalars.decode(Scalars.encode(message)));
    refuses(() => Scalars.fromJson(Scalars.toJson(message)));
  }
  refuses(() => All.decode(All.encode(texts(collidingText))));
  refuses(() => All.fromJson(All.toJson(texts(collidingText))));
  const fields = entries(collidingText, { kind: { case: "boolValue", value: true } as const });
  refuses(() => Struct.decode(Struct.encode({ fields })));
  refuses(() => Struct.fromJson(Object.fromEntries([...fields.keys()].map((key) => [key, 1]))));
});

Deno.test("decode() and fromJson() accept maps with as many ordinary keys", () => {
  const next = seeded(1);
  const random = () => next(2 ** 31);
  const rules: ((i: number) => number)[] = [(i) => i, (i) => -i, (i) => i * 1024, (i) => i * 1000 + 7, random];
  for (const rule of rules) {
    for (
      const message of [
        ints(rule),
        longs((i) => BigInt(rule(i)) & 0xffffn << 40n | BigInt(i)),
        unsigned((i) => rule(i) >>> 0),
      ]
    ) {
      assertEquals(Scalars.fromJson(Scalars.toJson(message)), Scalars.decode(Scalars.encode(message)));
    }
  }
  for (const rule of [...rules.slice(0, 2), (i: number) => i * 16, (i: number) => i * 1000, random]) {
    const message = texts((i) => `${rule(i)}`);
    assertEquals(All.decode(All.encode(message)).counts.size, message.counts.size);
  }
  assertEquals(All.decode(All.encode(texts((i) => `id-${i * 65_536}`))).counts.size, ENTRIES);
  assertEquals(All.decode(All.encode(texts((i) => `${10n ** 12n + BigInt(i) * 65_536n}`))).counts.size, ENTRIES);
});

Deno.test("colliding keys are rejected also in alternating maps and when a key is repeated", () => {
  const one = Scalars.encode(ints(collidingInt));
  const turns: number[] = [];
  // An entry of byInt32, then one of byFixed64: each is 2 bytes and its length long.
  const other = Scalars.encode(longs((i) => BigInt(i)));
  for (let at = 0, to = 0; at < one.length && to < other.length;) {
    const ends = [at + 3 + one[at + 2]!, to + 3 + other[to + 2]!] as const;
    turns.push(...one.subarray(at, ends[0]), ...other.subarray(to, ends[1]));
    [at, to] = ends;
  }
  refuses(() => Scalars.decode(new Uint8Array(turns)));
  const spread = Scalars.encode({ byInt32: new Map([...ints((i) => 7 * i).byInt32, ...entriesOf(300)]) });
  const last = Scalars.encode({ byInt32: new Map([[collidingInt(299), new Uint8Array()]]) });
  assertEquals(Scalars.decode(spread).byInt32.size, ENTRIES + 300);
  refuses(() => Scalars.decode(new Uint8Array([...spread, ...Array(ENTRIES).fill([...last]).flat()])));
});

const entriesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => [collidingInt(i), new Uint8Array()] as const);

Deno.test("a key that comes thousands of times, among others, is no collision", () => {
  const some = Scalars.encode(ints((i) => i % 100));
  assertEquals(Scalars.decode(new Uint8Array(Array(50).fill([...some]).flat())).byInt32.size, 100);
});

Deno.test("unseededHash() knows of no hash for keys that V8 hashes with a seed", () => {
  for (const key of ["", "a", "01", "1.5", "-1", "4294967295", "12345678901", true]) {
    assertEquals(unseededHash(key), -1, `${key}`);
  }
  for (const key of ["0", "9", "4294967294", 0, -1, 2 ** 32 - 1, 0n, -1n]) {
    assertEquals(unseededHash(key) >= 0, true, `${key}`);
  }
});
