import { assertEquals } from "@std/assert";
import { workshop } from "../new_project.ts";
import { needs } from "../needs.ts";
import { loadCompose } from "./compose/project.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }];

needs(
  PERMISSIONS,
  "dinokit new: the compose.yaml is valid with Consul and without, and the loader has nothing to warn of",
  async () => {
    await using shop = workshop({
      "echo.proto": await Deno.readTextFile(new URL("../../proto/echo.proto", import.meta.url)),
    });
    for (
      const [name, flags, services] of [["My.App", [], ["server"]], ["b", ["--registry", "consul"], [
        "consul",
        "server",
      ]]] as const
    ) {
      await shop.make(name, "--idl", "echo.proto", ...flags);
      const loaded = await loadCompose(shop.read(`${name}/compose.yaml`));
      assertEquals(loaded.complaints, "");
      assertEquals(Object.keys(loaded.services).sort(), services);
    }
  },
);
