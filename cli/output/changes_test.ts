import { assertEquals } from "@std/assert";
import type { Instance } from "../../mod.ts";
import { changes, facts } from "./changes.ts";

const instance = (address: string, weight: number, tags: Record<string, string> = {}): Instance => ({
  address,
  weight,
  tags: new Map(Object.entries(tags)),
  meta: new Map(),
});

Deno.test("changes() returns added, removed and changed entries, and nothing else", () => {
  const seen = new Map<string, Instance>();
  const [a, b] = [instance("10.0.0.1:1", 10, { zone: "a" }), instance("10.0.0.2:1", 10)];
  assertEquals(changes(seen, [a, b]), [{ change: "added", instance: a }, { change: "added", instance: b }]);
  assertEquals(changes(seen, [a, b]), []);
  const lighter = { ...a, weight: 5 };
  assertEquals(changes(seen, [lighter]), [
    { change: "removed", instance: b },
    { change: "changed", instance: lighter, before: a },
  ]);
  assertEquals(changes(seen, []), [{ change: "removed", instance: lighter }]);
});

Deno.test("facts() shows no control characters", () => {
  assertEquals(facts(instance("10.0.0.1:1", 1, { zone: "a\x1b[2J\n" })), "weight=1 zone:a\\u001b[2J\\u000a");
});

Deno.test("facts() shows tags as Consul has them, and apart from meta", () => {
  const one = { ...instance("10.0.0.1:1", 1, { zone: "a", blue: "" }), meta: new Map([["team", "x"]]) };
  assertEquals(facts(one), "weight=1 zone:a blue team=x");
});
