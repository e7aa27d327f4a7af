import { assertEquals, assertThrows } from "@std/assert";
import { createLogger, type Resolution } from "../mod.ts";
import { testRegistry } from "./mod.ts";

const silent = createLogger("silent");
const turn = () => new Promise<void>((done) => setTimeout(done));

/** A watch of "echo" and what it was told, as texts. */
function watched(registry = testRegistry()) {
  const told: string[] = [];
  const tell = (one: Resolution) =>
    told.push("error" in one ? one.error.message : one.instances.map((instance) => instance.address).join() || "none");
  const watch = registry.watch("echo", tell, silent);
  return { registry, told, watch, [Symbol.dispose]: () => watch.close() };
}

Deno.test("testRegistry() reports the instances that the test lists and those that servers register", async () => {
  using one = watched();
  await turn();
  one.registry.set("echo", ["memory:a", { address: "memory:b", weight: 3, tags: { zone: "z" } }]);
  await turn();
  const lease = one.registry.register({ name: "echo", address: "memory:c" }, silent);
  await turn();
  one.registry.set("other", ["memory:x"]);
  one.registry.set("echo", ["memory:b"]);
  await turn();
  await lease.release();
  await turn();
  assertEquals(one.told, ["none", "memory:a,memory:b", "memory:a,memory:b,memory:c", "memory:c,memory:b", "memory:b"]);
  one.registry.set("echo", [{ address: "memory:b", weight: 3, tags: { zone: "z" } }]);
  assertEquals(one.registry.instances("echo"), [
    { address: "memory:b", weight: 3, tags: new Map([["zone", "z"]]), meta: new Map() },
  ]);
});

Deno.test("testRegistry() that hangs reports nothing and registers no server until it recovers", async () => {
  using one = watched();
  await turn();
  one.registry.hang();
  one.registry.set("echo", ["memory:a"]);
  let registered = false;
  const lease = one.registry.register({ name: "echo", address: "memory:c" }, silent);
  lease.registered.then(() => registered = true);
  using other = watched(one.registry);
  await turn();
  assertEquals([one.told, other.told, registered], [["none"], [], false]);
  one.registry.recover();
  await turn();
  assertEquals([one.told.at(-1), other.told.at(-1), registered], ["memory:a,memory:c", "memory:a,memory:c", true]);
});

Deno.test("testRegistry() that fails reports the reason to every watch, and a lease released meanwhile is never registered", async () => {
  using one = watched();
  await turn();
  one.registry.fail(new Error("no leader"));
  using other = watched(one.registry);
  const lease = one.registry.register({ name: "echo", address: "memory:c" }, silent);
  await lease.release();
  await lease.registered;
  await turn();
  assertEquals([one.told.slice(1), other.told], [["no leader"], ["no leader"]]);
  one.registry.recover();
  await turn();
  assertEquals([one.told.at(-1), one.registry.instances("echo")], ["none", []]);
});

Deno.test("testRegistry() reports nothing to a closed watch", async () => {
  const one = watched();
  one.watch.close();
  one.registry.set("echo", ["memory:a"]);
  one.registry.fail(new Error("no leader"));
  await turn();
  assertEquals(one.told, []);
});

Deno.test("testRegistry() rejects an invalid address, and keeps its list", () => {
  const registry = testRegistry();
  registry.set("echo", ["memory:a"]);
  assertThrows(() => registry.set("echo", ["nowhere"]), TypeError, 'testRegistry: address of "echo"');
  assertEquals(registry.instances("echo").map((one) => one.address), ["memory:a"]);
});
