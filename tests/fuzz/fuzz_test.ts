import { assertEquals } from "@std/assert";
import { needs } from "../needs.ts";
import { fault, FOUND, fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";
import { recordTraffic } from "./traffic.ts";

const SANDBOX: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "read" }, { name: "write" }];

needs(SANDBOX, "mutated traffic does nothing but what the protocol allows, for 8 seconds", async () => {
  const seed = Date.now() % 1_000_000;
  const { inputs, found } = await fuzz({ seconds: 8, seed, traffic: await recordTraffic() });
  assertEquals(found, [], `seed ${seed}`);
  assertEquals(inputs > 1000, true);
});

needs([{ name: "read" }], "what a fuzzer has found stays mended", async (t) => {
  const files = await Array.fromAsync(Deno.readDir(FOUND)).catch(() => []);
  for (const { name } of files) {
    if (!name.endsWith(".bin")) continue;
    const target = TARGETS[name.split("-")[0]!]!;
    await t.step(name, async () => {
      assertEquals(await fault(target.run, await Deno.readFile(new URL(name, FOUND))), undefined);
    });
  }
});
