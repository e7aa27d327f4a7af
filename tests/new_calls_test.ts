import { assertEquals, assertStringIncludes } from "@std/assert";
import { blocksOf } from "./book.ts";
import { checkAll, movePorts, workshop } from "./new_project.ts";
import { needs } from "./needs.ts";
import { runProgram, startProgram } from "./program.ts";

// A service that calls another, as docs/book/testing.md writes it: guides_test.ts runs its tests, here it runs itself.

const ROOT = new URL("..", import.meta.url);
const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, {
  name: "net",
}];
const NAMES = "names/handlers/name_service/find.ts";

needs(
  PERMISSIONS,
  "a generated service forwards its caller's metainfo to another, and reports missing permissions at its start",
  async () => {
    await using shop = workshop({ "echo.proto": Deno.readTextFileSync(new URL("proto/echo.proto", ROOT)) });
    await shop.make("hello", "--idl", "echo.proto", "--type", "server");
    for (const { words, text } of blocksOf(Deno.readTextFileSync(new URL("docs/book/testing.md", ROOT)))) {
      const path = /file=(\S+)/.exec(words)?.[1];
      if (path !== undefined) shop.write(`hello/${path}`, text);
    }
    await shop.make("names", "--idl", "hello/idl/names.proto", "--type", "server");
    await shop.deno("hello", "task", "gen");
    assertStringIncludes(await checkAll(shop, "hello"), "1 passed");
    shop.write(
      NAMES,
      shop.read(NAMES).replace("_context", "context")
        .replace(/throw .*;/, 'return { name: context.metainfo.persistent.get("WHO") };'),
    );

    const called = movePorts(shop, ["names"]);
    const address = movePorts(shop, ["hello"]);
    const replace = (path: string, from: string, to: string) => {
      assertStringIncludes(shop.read(path), from);
      shop.write(path, shop.read(path).replace(from, to));
    };
    replace("hello/conf/test/conf.yaml", "127.0.0.1:8890", called);
    replace(
      "hello/main.ts",
      "  addHandlers(server);",
      "  clients.names = app.createClient(NameService);\n  addHandlers(server);",
    );
    replace(
      "hello/main.ts",
      "import { addHandlers }",
      'import { clients } from "./clients.ts";\nimport { NameService } from "./idl/names.ts";\nimport { addHandlers }',
    );
    const server = (project: string) => ({
      path: Deno.execPath(),
      args: ["run", "-P=serve", "main.ts"],
      cwd: `${shop.path}/${project}`,
      env: { NO_COLOR: "1" },
    });
    const refused = await runProgram(server("hello"));
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, `createClient(127.0.0.1:`);
    replace("hello/deno.json", `"${address}", `, `"${address}", "${called}", `);

    await using _names = await startProgram(server("names"), 'address="127.0.0.1:');
    await using hello = await startProgram(server("hello"), 'address="127.0.0.1:');
    const call = [
      "run",
      "-A",
      "dinokit/cli",
      "call",
      address,
      "echo.EchoService/Echo",
      "{}",
      "--persistent",
      "WHO=Ann",
    ];
    assertStringIncludes(await shop.deno("hello", ...call), `{"resp":"hello, Ann"}`);
    const start = performance.now();
    await hello.stop();
    assertEquals(performance.now() - start < 4000, true, "ended by itself, not killed");
    await hello.line("stopped");
  },
);
