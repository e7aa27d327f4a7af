import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { workshop } from "../new_project.ts";
import { serveKit } from "../served_kit.ts";
import { images, needsContainers } from "./container.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

needsContainers(
  "dinokit new: its image is built in layers, and serves as deno, read-only, without a network, until SIGTERM",
  async () => {
    await using shop = workshop({
      "echo.proto": await Deno.readTextFile(new URL("../../proto/echo.proto", import.meta.url)),
    });
    await using store = await images("denoland/deno:2.9.6");
    {
      await using kit = await serveKit();
      await shop.make("hello", "--idl", "echo.proto", "--module", `${kit.url}/mod.ts`);
      await store.build(`${shop.path}/hello`, "hello");
      const handler = "hello/handlers/echo_service/echo.ts";
      shop.write(
        handler,
        shop.read(handler).replace("_request", "request").replace(/throw .*;/, "return { resp: request.mes };"),
      );
      const again = await store.build(`${shop.path}/hello`, "hello");
      assertMatch(again, /RUN deno install -P=online\n--> Using cache/);
    }
    await using server = await store.start("hello", 'address="[::]:');
    assertMatch(server.status, /^Uid:\t1993\t/m);
    assertMatch(server.status, /^NSpid:\t\d+\t1$/m);
    const call = ["run", "-A", CLI, "call", "127.0.0.1:8888", "echo.EchoService/Echo", '{"mes": "hi"}'];
    const { stdout, stderr } = await server.nearby(Deno.execPath(), [...call, "--proto", `${shop.path}/echo.proto`]);
    assertEquals(stdout, '{"resp":"hi"}\n', stderr);
    assertEquals((await server.health()).code, 0);
    const start = performance.now();
    await server.stop();
    assertStringIncludes(await server.line("stopped"), "INFO");
    assertEquals(performance.now() - start < 4000, true, "stopped by itself, not killed");
  },
);
