import { assertEquals } from "@std/assert";
import { Kinds } from "../tests/proto/kinds.ts";
import { Store } from "../tests/proto/idempotent.ts";

Deno.test("a method is idempotent if the .proto sets idempotency_level, in generated code too", () => {
  const { get, set, add, append } = Store.methods;
  assertEquals([get, set, add, append].map(({ idempotent }) => idempotent), [true, true, undefined, undefined]);
  assertEquals(Object.values(Kinds.methods).map(({ idempotent }) => idempotent), Array(4).fill(undefined));
});
