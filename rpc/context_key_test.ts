import { assertEquals } from "@std/assert";
import { contextKey, ContextValues } from "./context_key.ts";

Deno.test("get() returns undefined for a key that was never set, and has() distinguishes it from a value of undefined", () => {
  const values = new ContextValues();
  const key = contextKey<string | undefined>("user");
  assertEquals([values.get(key), values.has(key)], [undefined, false]);
  values.set(key, undefined);
  assertEquals([values.get(key), values.has(key)], [undefined, true]);
});

Deno.test("set() replaces the value of the key", () => {
  const values = new ContextValues();
  const key = contextKey<number>("count");
  values.set(key, 1);
  values.set(key, 2);
  assertEquals(values.get(key), 2);
});

Deno.test("two keys of the same name are different keys", () => {
  const values = new ContextValues();
  const [first, second] = [contextKey<string>("user"), contextKey<string>("user")];
  values.set(first, "ann");
  assertEquals([values.get(first), values.get(second)], ["ann", undefined]);
});

Deno.test("the compiler rejects a value of another type than the key's", () => {
  const values = new ContextValues();
  const key = contextKey<number>("count");
  // @ts-expect-error -- a text is no number
  values.set(key, "one");
  // @ts-expect-error -- the value is a text or undefined
  const read: number = values.get(contextKey<string>("name"));
  assertEquals(read, undefined);
});
