import { assert, assertEquals } from "@std/assert";
import { readStories, STORIES, withStories } from "../../../tests/hpack_stories.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";

const newDecoder = () => new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1 << 20, maxFields: 1000 });

for (const [set, count] of Object.entries(STORIES) as [keyof typeof STORIES, number][]) {
  withStories(`HpackDecoder decodes the stories of ${set}`, async () => {
    const stories = await readStories(set);
    assertEquals(stories.length, count);
    for (const story of stories) {
      const decoder = newDecoder();
      for (const { block, fields } of story) assertEquals(decoder.decode(block, 0, block.length), fields);
    }
  });
}

withStories(
  "HpackEncoder takes at most 1.3 times the octets of nghttp2, though it neither indexes nor codes cookies",
  async () => {
    let ours = 0;
    let theirs = 0;
    for (const story of await readStories("nghttp2")) {
      const encoder = new HpackEncoder();
      const decoder = newDecoder();
      for (const { block, fields } of story) {
        const buf = new Uint8Array(encoder.bound(fields));
        const end = encoder.encode(fields, buf, 0);
        assertEquals(decoder.decode(buf, 0, end), fields);
        ours += end;
        theirs += block.length;
      }
    }
    assert(ours < 1.3 * theirs, `${ours} octets, where nghttp2 takes ${theirs}`);
  },
);
