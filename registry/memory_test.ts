import { assertEquals, assertThrows } from "@std/assert";
import { createLogger } from "../base/logger.ts";
import { memoryRegistry } from "./memory.ts";
import type { Resolution } from "./registry.ts";

const silent = createLogger("silent");

/** The addresses of each list that a listener received, or its error. */
const addresses = (told: Resolution[]) =>
  told.map((one) => "error" in one ? one.error.message : one.instances.map((instance) => instance.address));

const turn = () => new Promise<void>((done) => setTimeout(done));

Deno.test("memoryRegistry() first reports the current instances to a watch, even if there are none", async () => {
  const told: Resolution[] = [];
  const watch = memoryRegistry().watch("echo", (one) => told.push(one), silent);
  assertEquals(told, [], "not before watch() has returned");
  await turn();
  assertEquals(addresses(told), [[]]);
  watch.close();
});

Deno.test("memoryRegistry() reports each change of the watched service, and of no other", async () => {
  const registry = memoryRegistry();
  const told: Resolution[] = [];
  const watch = registry.watch("echo", (one) => told.push(one), silent);
  await turn();
  const first = registry.register({ name: "echo", address: "memory:one" }, silent);
  await turn();
  registry.register({ name: "other", address: "memory:other" }, silent);
  await turn();
  registry.register({ name: "echo", address: "127.0.0.1:1" }, silent);
  await turn();
  await first.release();
  await first.release();
  await turn();
  assertEquals(addresses(told), [[], ["memory:one"], ["memory:one", "127.0.0.1:1"], ["127.0.0.1:1"]]);
  watch.close();
});

Deno.test("memoryRegistry() passes weight, tags and meta on, with a weight of 10 where none is set", async () => {
  const registry = memoryRegistry();
  registry.register(
    { name: "echo", address: "memory:one", weight: 3, tags: { zone: "a" }, meta: { team: "b" } },
    silent,
  );
  registry.register({ name: "echo", address: "memory:two" }, silent);
  const told: Resolution[] = [];
  registry.watch("echo", (one) => told.push(one), silent);
  await turn();
  assertEquals(told, [{
    instances: [
      { address: "memory:one", weight: 3, tags: new Map([["zone", "a"]]), meta: new Map([["team", "b"]]) },
      { address: "memory:two", weight: 10, tags: new Map(), meta: new Map() },
    ],
  }]);
});

Deno.test("memoryRegistry() reports nothing to a closed watch, not even a pending change", async () => {
  const registry = memoryRegistry();
  const told: Resolution[] = [];
  const watch = registry.watch("echo", (one) => told.push(one), silent);
  watch.close();
  registry.register({ name: "echo", address: "memory:one" }, silent);
  await turn();
  assertEquals(told, []);
});

Deno.test("memoryRegistry() rejects an invalid address, and names the service", () => {
  assertThrows(
    () => memoryRegistry().register({ name: "echo", address: "127.0.0.1" }, silent),
    TypeError,
    `memoryRegistry: address of "echo": "127.0.0.1" has no port`,
  );
});
