import { assert, assertEquals } from "@std/assert";
import { readStories, withStories } from "../../../tests/hpack_stories.ts";
import { mutate, type Random, seeded } from "../../../tests/random.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";
import { HpackError } from "./error.ts";
import type { FieldList } from "./field_list.ts";

const MOST_BYTES = 2000;
const MOST_FIELDS = 20;

function encode(encoder: HpackEncoder, fields: FieldList): Uint8Array {
  const buf = new Uint8Array(encoder.bound(fields));
  return buf.subarray(0, encoder.encode(fields, buf, 0));
}

/** Decodes a connection's blocks, some of them mutated, up to the first invalid one. Returns how many were valid. */
function decodeMutated(blocks: readonly Uint8Array[], random: Random): number {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: MOST_BYTES, maxFields: MOST_FIELDS });
  let decoded = 0;
  for (const block of blocks) {
    const input = random(3) === 0 ? mutate(block, random) : block;
    try {
      const fields = decoder.decode(input, 0, input.length);
      assert(fields.length <= 2 * MOST_FIELDS);
      assert(fields.join("").length + 16 * fields.length <= MOST_BYTES);
      assert(fields.every((text) => typeof text === "string"));
      decoded++;
    } catch (error) {
      if (!(error instanceof HpackError)) throw new Error(`on ${input.toHex()}`, { cause: error });
      break;
    }
  }
  return decoded;
}

/**
 * Decodes each story `rounds` times, with different mutations. Checks that some blocks were valid and some were not.
 */
function fuzz(stories: readonly (readonly Uint8Array[])[], rounds: number, seed: number): void {
  const random = seeded(seed);
  let whole = 0;
  let broken = 0;
  for (const blocks of stories) {
    for (let round = 0; round < rounds; round++) {
      if (decodeMutated(blocks, random) === blocks.length) whole++;
      else broken++;
    }
  }
  assert(whole > 0 && broken > 0, `${whole} stories decoded, ${broken} refused: the mutations show nothing`);
}

/** Returns fields that gRPC uses, and some that it does not use. */
function randomFields(random: Random): string[] {
  const names = [
    ":path",
    ":status",
    "content-type",
    "grpc-timeout",
    "grpc-status",
    "authorization",
    "traceparent",
    "x",
    "é\xff",
  ];
  return Array.from({ length: random(8) }, () => {
    const name = random(4) === 0 ? `x-${random(300)}` : names[random(names.length)]!;
    const length = random(20) === 0 ? random(3000) : random(12);
    const kinds = random(2) === 0 ? 3 : 256; // a few values that are repeated, or any octets
    return [name, String.fromCharCode(...Array.from({ length }, () => 0x30 + random(kinds) & 0xff))];
  }).flat();
}

Deno.test("HpackDecoder returns the fields that HpackEncoder got, while table sizes change", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const encoder = new HpackEncoder([4096, 0, 100, 16384][seed % 4]);
    const decoder = new HpackDecoder({ maxTableBytes: 65536, maxListBytes: 1 << 20, maxFields: 1000 });
    const before: FieldList[] = [[]];
    for (let block = 0; block < 300; block++) {
      for (let changes = random(20) === 0 ? random(4) : 0; changes > 0; changes--) {
        encoder.setPeerTableBytes([0, 40, 200, 4096, 16384, 65536][random(6)]!);
      }
      const fields = random(3) === 0 ? before[random(before.length)]! : randomFields(random);
      before.push(fields);
      const octets = encode(encoder, fields);
      assertEquals(
        decoder.decode(octets, 0, octets.length),
        fields,
        `block ${block} of seed ${seed}: ${octets.toHex()}`,
      );
    }
  }
});

Deno.test("HpackDecoder throws nothing but HpackError on mutated blocks", () => {
  const random = seeded(7);
  const stories = Array.from({ length: 100 }, () => {
    const encoder = new HpackEncoder();
    return Array.from({ length: 5 }, () => encode(encoder, randomFields(random)));
  });
  fuzz(stories, 100, 8);
});

Deno.test("HpackDecoder throws nothing but HpackError on random octets", () => {
  const random = seeded(9);
  const stories = Array.from({ length: 20_000 }, () => [Uint8Array.from({ length: random(30) }, () => random(256))]);
  fuzz(stories, 1, 10);
});

withStories("HpackDecoder throws nothing but HpackError on mutated stories", async () => {
  const stories = [...await readStories("nghttp2"), ...await readStories("nghttp2-change-table-size")];
  fuzz(stories.map((story) => story.slice(0, 10).map(({ block }) => block)), 100, 11);
});
