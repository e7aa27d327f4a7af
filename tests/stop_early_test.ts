import { assertEquals } from "@std/assert";
import { startChild } from "./child.ts";
import { needs } from "./needs.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "net" }];
const PROGRAM = new URL("stop_early_server.ts", import.meta.url);

for (const workers of [0, 2]) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    needs(PERMISSIONS, `${signal} while a server with ${workers} workers starts is a stop like any other`, async () => {
      await using child = startChild(PROGRAM, workers);
      assertEquals(await child.line(), "starting");
      Deno.kill(child.pid, signal);
      if (workers === 0) await child.tell("go on");
      assertEquals(await child.line(), "the end");
      assertEquals(await child.code, 0, child.log);
      assertEquals(/error/i.test(child.log), false, child.log);
    });
  }
}

needs(PERMISSIONS, "a second signal does not wait for the start to end", async () => {
  await using child = startChild(PROGRAM, 0);
  assertEquals(await child.line(), "starting");
  Deno.kill(child.pid, "SIGTERM");
  // Two that come within half a second are one wish.
  await new Promise((resolve) => setTimeout(resolve, 600));
  Deno.kill(child.pid, "SIGTERM");
  assertEquals(await child.line(), "the end");
  await child.closeInput();
  assertEquals(await child.code, 0, child.log);
});
