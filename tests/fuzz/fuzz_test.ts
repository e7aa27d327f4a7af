import { assertEquals, assertMatch } from "@std/assert";
import { needs } from "../needs.ts";
import { fault, FOUND, fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";
import { recordTraffic } from "./traffic.ts";

const SANDBOX: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "read" }, { name: "write" }];

needs(SANDBOX, "mutated traffic causes only behaviour that the protocol allows, for 8 seconds", async () => {
  const seed = Date.now() % 1_000_000;
  const { inputs, found } = await fuzz({ seconds: 8, seed, traffic: await recordTraffic() });
  assertEquals(found, [], `seed ${seed}`);
  assertEquals(inputs > 1000, true);
});

needs([{ name: "read" }], "inputs that a fuzzer has found stay fixed", async (t) => {
  const files = await Array.fromAsync(Deno.readDir(FOUND)).catch(() => []);
  for (const { name } of files) {
    if (!name.endsWith(".bin")) continue;
    const target = TARGETS[name.split("-")[0]!]!;
    await t.step(name, async () => {
      assertEquals(await fault(target.run, await Deno.readFile(new URL(name, FOUND))), undefined);
    });
  }
});

Deno.test("a fuzzer finds inputs that take too long for their size, and tolerates one slow run", async () => {
  const wait = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end;);
  };
  const input = new Uint8Array(1000);
  let runs = 0;
  assertEquals(await fault(() => wait(runs++ === 0 ? 100 : 0), input), undefined);
  assertMatch(await fault(() => wait(60), input) ?? "", /^it took \d+\S* ms for 1000 octets$/);
});
