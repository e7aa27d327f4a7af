import { assertEquals } from "@std/assert";
import type { Instance } from "../mod.ts";
import { changes } from "./watch.ts";

const instance = (address: string, weight: number, tags: Record<string, string> = {}): Instance => ({
  address,
  weight,
  tags: new Map(Object.entries(tags)),
  meta: new Map(),
});

Deno.test("changes() tells what came, what went and what is changed, and nothing else", () => {
  const seen = new Map<string, string>();
  const told = (instances: Instance[]) => changes(seen, instances).map((line) => line.replace(/^\S+ /, ""));
  const [a, b] = [instance("10.0.0.1:1", 10, { zone: "a" }), instance("10.0.0.2:1", 10)];
  assertEquals(told([a, b]), ["+ 10.0.0.1:1 weight=10 zone=a", "+ 10.0.0.2:1 weight=10"]);
  assertEquals(told([a, b]), []);
  assertEquals(told([{ ...a, weight: 5 }]), [
    "- 10.0.0.2:1",
    "~ 10.0.0.1:1 weight=5 zone=a (was weight=10 zone=a)",
  ]);
  assertEquals(told([]), ["- 10.0.0.1:1"]);
});
