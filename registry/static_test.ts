import { assertEquals, assertThrows } from "@std/assert";
import { createLogger } from "../base/logger.ts";
import type { Resolution } from "./registry.ts";
import { staticAddresses } from "./static.ts";

const silent = createLogger("silent");
const turn = () => new Promise<void>((done) => setTimeout(done));

Deno.test("staticAddresses() reports its addresses once, each with weight 10", async () => {
  const told: Resolution[] = [];
  staticAddresses(["127.0.0.1:1", "[::1]:2", "127.0.0.1:1"]).watch("any", (one) => told.push(one), silent);
  assertEquals(told, [], "not before watch() has returned");
  await turn();
  assertEquals(told, [{
    instances: [
      { address: "127.0.0.1:1", weight: 10, tags: new Map(), meta: new Map() },
      { address: "[::1]:2", weight: 10, tags: new Map(), meta: new Map() },
    ],
  }]);
});

Deno.test("staticAddresses() reports nothing to a closed watch", async () => {
  const told: Resolution[] = [];
  staticAddresses("memory:echo").watch("any", (one) => told.push(one), silent).close();
  await turn();
  assertEquals(told, []);
});

Deno.test("staticAddresses() needs the permissions to connect to the addresses", () => {
  assertEquals(staticAddresses(["memory:echo", "127.0.0.1:1"]).permissions, [{ name: "net", host: "127.0.0.1:1" }]);
});

Deno.test("staticAddresses() rejects an empty list, an invalid address and port 0", () => {
  assertThrows(() => staticAddresses([]), TypeError, "staticAddresses: no address");
  assertThrows(() => staticAddresses(["127.0.0.1:1", "abc"]), TypeError, `staticAddresses: "abc" has no port`);
  assertThrows(() => staticAddresses("127.0.0.1:0"), TypeError, `staticAddresses: "127.0.0.1:0" has port 0`);
});
