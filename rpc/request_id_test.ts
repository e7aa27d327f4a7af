import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Metadata } from "./metadata.ts";
import { requestIdOf } from "./request_id.ts";

const idOf = (...fields: [string, string][]) => requestIdOf(Metadata.unchecked(fields));

Deno.test("requestIdOf() takes a well-formed id from the metainfo, then from x-request-id", () => {
  assertEquals(idOf(["x-request-id", "a-1"]), "a-1");
  assertEquals(idOf(["x-request-id", "a-1"], ["rpc-persist-request-id", "b-2"]), "b-2");
  assertEquals(idOf(["x-request-id", "a-1"], ["rpc-persist-request-id", "b 2"]), "a-1");
  const all = "Az09._:/+=@-";
  assertEquals(idOf(["x-request-id", all]), all);
  assertEquals(idOf(["x-request-id", "i".repeat(128)]), "i".repeat(128));
});

Deno.test("requestIdOf() makes a new id where the caller sent none that is well-formed", () => {
  const bad = ["", "two words", " ", "a\nb", "\u001b[31mred", "a\u0000", "id\u007f", "é", "i".repeat(129)];
  for (const id of [...bad, "x".repeat(10_000), '"', "%41", "<b>"]) {
    const made = idOf(["x-request-id", id], ["rpc-persist-request-id", id]);
    assertNotEquals(made, id);
    assertMatch(made, /^[0-9a-f-]{36}$/);
  }
  assert(idOf() !== idOf());
});
