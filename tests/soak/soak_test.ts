import { assertEquals } from "@std/assert";
import { needs } from "../needs.ts";
import { soak } from "./soak.ts";

const ALL: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "net" }, { name: "env" }, { name: "read" }];

needs(ALL, "20 seconds of mixed calls, with clients killed and connections forgotten, lose nothing", async () => {
  assertEquals(await soak({ seconds: 20 }), []);
});
