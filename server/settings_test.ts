import { assertEquals } from "@std/assert";
import { memoryRegistry } from "../registry/memory.ts";
import { settingsOf } from "./settings.ts";

Deno.test("settingsOf() fills in the defaults, with and without sections", () => {
  const options = { name: "echo", address: "127.0.0.1:8888" };
  const times = (more: object) => {
    const { checkTimeout, drainDelay, drainTimeout, compression, allowInjection } = settingsOf({ ...options, ...more });
    return [checkTimeout, drainDelay, drainTimeout, compression, allowInjection];
  };
  assertEquals(times({}), [1000, 0, 10_000, "identity", false]);
  assertEquals(times({ registry: memoryRegistry() }), [1000, 6000, 10_000, "identity", false]);
  const health = { address: "127.0.0.1:8889" };
  assertEquals(times({ health })[0], 1000);
  assertEquals(times({ health: { ...health, checkTimeout: 5 }, compression: "gzip", drainTimeout: 0 }), [
    5,
    0,
    0,
    "gzip",
    false,
  ]);
});

Deno.test("settingsOf() leaves the defaults of a policy to its rules", () => {
  const { policy } = settingsOf({ name: "echo", address: ":0", concurrency: { queue: 5 } });
  assertEquals(policy, { concurrency: { queue: 5 } });
});
