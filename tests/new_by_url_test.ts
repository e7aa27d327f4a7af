import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { needs } from "./needs.ts";
import { emptyProject, serveKit } from "./served_kit.ts";

const ALL: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "net" }];

needs(ALL, "dinokit new by URL: the templates come along, and the project imports the kit from there", async () => {
  await using kit = await serveKit();
  await using place = await emptyProject();
  await place.write("echo.proto", await Deno.readTextFile(new URL("../proto/echo.proto", import.meta.url)));
  const flags = [`--allow-import=${kit.host}`, "--allow-read=.", "--allow-write=hello", "--allow-run=deno"];
  const made = await place.well("run", ...flags, `${kit.url}/cli/main.ts`, "new", "hello", "--idl", "echo.proto");
  assertStringIncludes(made, "1 service(s), 1 method(s)");
  assertEquals(JSON.parse(await place.read("hello/deno.json")).imports, {
    "dinokit": `${kit.url}/mod.ts`,
    "dinokit/errors": `${kit.url}/errors/mod.ts`,
    "dinokit/testing": `${kit.url}/testing/mod.ts`,
    "dinokit/cli": `${kit.url}/cli/main.ts`,
  });
  assertMatch(await place.well("task", "--cwd", "hello", "test"), /1 passed/);
  await place.well("task", "--cwd", "hello", "check");
  assertEquals(await place.well("task", "--cwd", "hello", "gen"), "all is up to date\n");
});
