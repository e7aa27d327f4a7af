import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { checkAll, filesIn, type Workshop, workshop } from "./new_project.ts";
import { needs } from "./needs.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }];

const proto = (...methods: string[]) =>
  `syntax = "proto3";

package echo;

message Req {
  string mes = 1;
}

message Resp {
  string resp = 1;
}

service EchoService {
${methods.map((method) => `  ${method}\n`).join("")}}
`;
const ECHO = "rpc Echo(Req) returns (Resp);";
const STUB = 'new RpcError(Status.UNIMPLEMENTED, "Echo is not implemented yet: edit handlers/echo_service/echo.ts");';
const ASSERT = 'import assert from "node:assert/strict";';
const UP_TO_DATE = "all is up to date\n";
const SHOUT = "rpc Shout(Req) returns (Resp);";

/** The files that have changed or are new. */
function changed(before: Map<string, string>, after: Map<string, string>): string[] {
  for (const path of before.keys()) assertEquals(after.has(path), true, `${path} is gone`);
  return [...after].flatMap(([path, text]) => before.get(path) === text ? [] : [path]).sort();
}

/** A project whose user has written a handler with its test, and touched all that is theirs. */
async function edited(...methods: string[]): Promise<Workshop> {
  const shop = workshop({ "echo.proto": proto(...methods) });
  await shop.make("hello", "--idl", "echo.proto");
  const edit = (path: string, from: string, to: string) => {
    const text = shop.read(`hello/${path}`);
    assertStringIncludes(text, from);
    shop.write(`hello/${path}`, text.replace(from, to));
  };
  edit("handlers/echo_service/echo.ts", "{ type Handler, RpcError, Status }", "type { Handler }");
  edit("handlers/echo_service/echo.ts", "_request, _context", "request");
  edit("handlers/echo_service/echo.ts", `throw ${STUB}`, "return { resp: request.mes };");
  edit("handlers/echo_service/echo_test.ts", 'import { Status } from "dinokit";', ASSERT);
  edit("handlers/echo_service/echo_test.ts", "assertRpcError, ", "");
  edit("handlers/echo_service/echo_test.ts", "assertRpcError(", "assert.deepEqual(await ");
  edit("handlers/echo_service/echo_test.ts", "{}), { code: Status.UNIMPLEMENTED }", '{ mes: "hi" }), { resp: "hi" }');
  for (const [path, text] of filesIn(shop, "hello")) {
    if (/^(idl|\.vscode)\/|handlers\/mod\.ts|deno\.json/.test(path)) continue;
    const mark = /\.ts$/.test(path) ? "// mine\n" : /\.md$/.test(path) ? "\nMine.\n" : "# mine\n";
    shop.write(`hello/${path}`, text + mark);
  }
  return shop;
}

needs(PERMISSIONS, "dinokit new again: nothing is written where nothing has changed", async () => {
  await using shop = await edited(ECHO);
  const before = filesIn(shop, "hello");
  assertEquals(await shop.make("hello", "--idl", "echo.proto"), UP_TO_DATE);
  await shop.deno("hello", "task", "gen");
  assertEquals(changed(before, filesIn(shop, "hello")), []);
  await checkAll(shop, "hello");
});

needs(PERMISSIONS, "dinokit new again: a generated file that was deleted comes back", async () => {
  await using shop = await edited(ECHO);
  const before = filesIn(shop, "hello");
  for (const path of ["handlers/mod.ts", "idl/echo.ts"]) Deno.removeSync(`${shop.path}/hello/${path}`);
  await shop.deno("hello", "task", "gen");
  assertEquals(changed(before, filesIn(shop, "hello")), []);
});

needs(PERMISSIONS, "dinokit gen in a project would import another kit, so it names the command to run", async () => {
  await using shop = await edited(ECHO);
  const said = await shop.failing("hello", "run", "-A", "dinokit/cli", "gen", "idl/echo.proto");
  assertMatch(said, /error: idl is the idl\/ of a project of dinokit new: run deno task gen there/);
  await shop.deno("hello", "run", "-A", "dinokit/cli", "gen", "idl", "--import", "dinokit", "--check");
});

needs(
  PERMISSIONS,
  "dinokit new again: a method that was added gets its handler and test, and no file of the user changes",
  async () => {
    await using shop = await edited(ECHO);
    const before = filesIn(shop, "hello");
    shop.write("echo.proto", proto(ECHO, SHOUT));
    await shop.make("hello", "--idl", "echo.proto");
    assertEquals(changed(before, filesIn(shop, "hello")), [
      "handlers/echo_service/shout.ts",
      "handlers/echo_service/shout_test.ts",
      "handlers/mod.ts",
      "idl/echo.proto",
      "idl/echo.ts",
      "idl/sources.json",
    ]);
    assertMatch(await checkAll(shop, "hello"), /2 passed/);
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: the old handler of a renamed method stays, and type errors show each line to change",
  async () => {
    await using shop = await edited(ECHO);
    const before = filesIn(shop, "hello");
    shop.write("echo.proto", proto(SHOUT));
    const said = await shop.make("hello", "--idl", "echo.proto");
    assertStringIncludes(
      said,
      "hello/handlers/echo_service/echo.ts:5: echo.EchoService has no method Echo any more: move what you need, then delete it and echo_test.ts",
    );
    const files = filesIn(shop, "hello");
    for (const path of ["handlers/echo_service/echo.ts", "handlers/echo_service/echo_test.ts", "client.ts"]) {
      assertEquals(files.get(path), before.get(path));
    }
    assertEquals(files.get("handlers/mod.ts")!.includes("echo_service/echo.ts"), false);
    const errors = await shop.failing("hello", "task", "check");
    assertMatch(errors, /Property 'echo' does not exist[^]*?handlers\/echo_service\/echo\.ts:5:/);
    assertMatch(errors, /Property 'echo' does not exist[^]*?handlers\/echo_service\/echo_test\.ts:/);
    assertMatch(errors, /Property 'echo' does not exist[^]*?client\.ts:/);

    // The user follows the advice: moves the handler, and deletes the old files.
    const shout = before.get("handlers/echo_service/echo.ts")!.replaceAll("echo:", "shout:").replace(
      ".echo>",
      ".shout>",
    );
    shop.write("hello/handlers/echo_service/shout.ts", shout);
    const test = before.get("handlers/echo_service/echo_test.ts")!.replaceAll(/(?<!idl\/)\becho\b/g, "shout");
    shop.write("hello/handlers/echo_service/shout_test.ts", test);
    for (const name of ["echo.ts", "echo_test.ts"]) Deno.removeSync(`${shop.path}/hello/handlers/echo_service/${name}`);
    shop.write("hello/client.ts", files.get("client.ts")!.replace(".echo(", ".shout("));
    assertEquals(await shop.make("hello", "--idl", "echo.proto"), UP_TO_DATE);
    assertMatch(await checkAll(shop, "hello"), /1 passed/);
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: the handler of a removed method stays, and type errors and one message show its position",
  async () => {
    await using shop = await edited(ECHO, SHOUT);
    const before = filesIn(shop, "hello");
    shop.write("echo.proto", proto(SHOUT));
    const said = await shop.make("hello", "--idl", "echo.proto");
    assertEquals(said.match(/has no method Echo any more/g)?.length, 1);
    assertMatch(said, /delete it and echo_test\.ts\n/);
    assertEquals(changed(before, filesIn(shop, "hello")), [
      "handlers/mod.ts",
      "idl/echo.proto",
      "idl/echo.ts",
      "idl/sources.json",
    ]);
    assertMatch(await shop.failing("hello", "task", "check"), /'echo' does not exist[^]*?echo_service\/echo\.ts:5:/);

    // The advice fits the remaining files: the handler alone, its test alone, none.
    const [handler, test] = ["echo.ts", "echo_test.ts"].map((name) => `hello/handlers/echo_service/${name}`);
    Deno.removeSync(`${shop.path}/${test}`);
    const again = () => shop.make("hello", "--idl", "echo.proto");
    assertMatch(await again(), /echo\.ts:5: .*move what you need, then delete it\n/);
    Deno.removeSync(`${shop.path}/${handler}`);
    shop.write(test!, before.get("handlers/echo_service/echo_test.ts")!);
    assertMatch(await again(), /echo_test\.ts:8: .* has no method Echo any more: .*then delete it\n/);
    Deno.removeSync(`${shop.path}/${test}`);
    assertEquals(await again(), UP_TO_DATE);
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: a method of another kind is a type error in its handler; a service that is gone is named",
  async () => {
    await using shop = await edited(ECHO);
    shop.write("echo.proto", proto("rpc Echo(Req) returns (stream Resp);"));
    await shop.make("hello", "--idl", "echo.proto");
    assertMatch(await shop.failing("hello", "task", "check"), /not assignable[^]*?echo_service\/echo\.ts:5:/);
    shop.write("echo.proto", proto(ECHO).replace("EchoService", "Other"));
    assertStringIncludes(
      await shop.make("hello", "--idl", "echo.proto"),
      "hello/handlers/echo_service/echo.ts:5: echo.proto has no such service any more",
    );
    assertMatch(await shop.failing("hello", "task", "check"), /'EchoService'[^]*?echo_service\/echo\.ts:2:/);
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: a .proto that was changed in the project is not overwritten, and a change on both sides is rejected",
  async () => {
    await using shop = await edited(ECHO);
    shop.write("hello/idl/echo.proto", proto(ECHO, SHOUT));
    await shop.deno("hello", "task", "gen");
    const ours = filesIn(shop, "hello");
    assertEquals(ours.has("handlers/echo_service/shout.ts"), true);
    assertEquals(await shop.make("hello", "--idl", "echo.proto"), UP_TO_DATE);
    assertEquals(changed(ours, filesIn(shop, "hello")), []);
    shop.write("echo.proto", proto(ECHO, "rpc Whisper(Req) returns (Resp);"));
    assertStringIncludes(
      await shop.refused(2, "hello", "--idl", "echo.proto"),
      "hello/idl/echo.proto and echo.proto have both been changed",
    );
    assertEquals(changed(ours, filesIn(shop, "hello")), []);
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: a flag that contradicts the project is rejected, and one that it was made with is accepted",
  async () => {
    await using shop = workshop({ "echo.proto": proto(ECHO) });
    const made = ["hello", "--idl", "echo.proto", "--type", "server", "--server_name", "echoservice"];
    await shop.make(...made);
    const before = filesIn(shop, "hello");
    shop.write("echo.proto", proto(ECHO, SHOUT));
    const refused: [flags: string[], remedy: RegExp][] = [
      [["--type", "both"], /^error: --type both: hello is a project already, .*it is of --type server: make another/],
      [["--registry", "consul"], /^error: --registry consul: .*write registry_address in hello\/conf/],
      [["--server_name", "other"], /^error: --server_name other: .*write service in hello\/conf/],
      [["--module", "jsr:@a/b"], /^error: --module jsr:@a\/b: .*it imports .*mod\.ts: change "imports" in hello\/deno/],
    ];
    for (const [flags, remedy] of refused) {
      assertMatch(await shop.refused(2, "hello", "--idl", "echo.proto", ...flags), remedy);
    }
    assertEquals(changed(before, filesIn(shop, "hello")), []);
    const [, kit] = /"dinokit": "(.*)"/.exec(shop.read("hello/deno.json"))!;
    assertStringIncludes(await shop.make(...made, "--module", kit!), "wrote hello/handlers/echo_service/shout.ts");

    await shop.make("other", "--idl", "echo.proto", "--registry", "consul");
    assertEquals(await shop.make("other", "--idl", "echo.proto", "--registry", "consul", "--type", "both"), UP_TO_DATE);
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: a change of an imported .proto is copied as one of the main .proto is, each time",
  async () => {
    const other = (...fields: string[]) =>
      `syntax = "proto3";\npackage other;\nmessage Other {\n${
        fields.map((field, i) => `  string ${field} = ${i + 1};\n`).join("")
      }}\n`;
    const uses = `import "sub/other.proto";\nmessage Uses { other.Other other = 1; }\n`;
    await using shop = workshop({});
    Deno.mkdirSync(`${shop.path}/protos/sub`, { recursive: true });
    shop.write("protos/echo.proto", proto(ECHO) + uses);
    shop.write("protos/sub/other.proto", other("one"));
    const again = () => shop.make("hello", "--idl", "echo.proto", "-I", "protos");
    await again();
    for (const fields of [["one", "two"], ["one", "two", "three"]]) {
      shop.write("protos/sub/other.proto", other(...fields));
      assertStringIncludes(await again(), "wrote hello/idl/sub/other.proto");
      assertEquals(shop.read("hello/idl/sub/other.proto"), other(...fields));
      assertStringIncludes(shop.read("hello/idl/sub/other.ts"), fields.at(-1)!);
      assertEquals(await again(), UP_TO_DATE);
    }

    // A run that fails halfway loses no change either.
    const blocked = `${shop.path}/hello/idl/sub/other.ts`;
    Deno.removeSync(blocked);
    Deno.mkdirSync(blocked);
    shop.write("protos/echo.proto", proto(ECHO, SHOUT) + uses);
    await assertRejects(again, Error, "exit code");
    Deno.removeSync(blocked);
    await again();
    assertEquals(shop.read("hello/idl/echo.proto"), proto(ECHO, SHOUT) + uses);

    // What changed in the project alone stays; what both sides changed is refused.
    shop.write("hello/idl/sub/other.proto", other("one", "ours"));
    await shop.deno("hello", "task", "gen");
    assertEquals(await again(), UP_TO_DATE);
    assertEquals(shop.read("hello/idl/sub/other.proto"), other("one", "ours"));
    shop.write("protos/sub/other.proto", other("one", "theirs"));
    assertStringIncludes(
      await shop.refused(2, "hello", "--idl", "echo.proto", "-I", "protos"),
      "hello/idl/sub/other.proto and protos/sub/other.proto have both been changed",
    );
  },
);

needs(PERMISSIONS, "dinokit new again: an import that is gone leaves its copy, which is named once", async () => {
  const other = `syntax = "proto3";\npackage other;\nmessage Other {}\n`;
  await using shop = workshop({ "echo.proto": proto(ECHO), "other.proto": other });
  const uses = `import "other.proto";\nmessage Uses { other.Other other = 1; }\n`;
  shop.write("echo.proto", proto(ECHO) + uses);
  await shop.make("hello", "--idl", "echo.proto");
  shop.write("echo.proto", proto(ECHO));
  const said = await shop.make("hello", "--idl", "echo.proto");
  const line = "hello/idl/other.proto: echo.proto doesn't import it any more: delete it and other.ts";
  assertStringIncludes(said, line);
  assertEquals(Object.keys(JSON.parse(shop.read("hello/idl/sources.json"))), ["echo.proto"]);
  assertEquals((await shop.make("hello", "--idl", "echo.proto")).includes(line), false);
  await checkAll(shop, "hello");
});

needs(
  PERMISSIONS,
  "deno task gen: a .proto that the user has put into idl/ gets its TypeScript, and its errors are reported",
  async () => {
    await using shop = workshop({ "echo.proto": proto(ECHO) });
    await shop.make("hello", "--idl", "echo.proto");
    Deno.mkdirSync(`${shop.path}/hello/idl/far`);
    shop.write(
      "hello/idl/far/one.proto",
      `syntax = "proto3";\nimport "echo.proto";\nmessage One { echo.Req req = 1; }\n`,
    );
    assertStringIncludes(await shop.deno("hello", "task", "gen"), "wrote idl/far/one.ts");
    assertStringIncludes(shop.read("hello/idl/far/one.ts"), 'from "../echo.ts"');
    await checkAll(shop, "hello");
    shop.write("hello/idl/far/one.proto", `syntax = "proto3";\nmessage One { Nope req = 1; }\n`);
    assertStringIncludes(await shop.failing("hello", "task", "gen"), "idl/far/one.proto:2:15: there is no type Nope");
    Deno.removeSync(`${shop.path}/hello/idl/far/one.proto`);
    assertStringIncludes(await shop.deno("hello", "task", "gen"), "idl/far/one.ts is left over: its .proto is gone");
  },
);

needs(
  PERMISSIONS,
  "dinokit new again: methods that are new in the .proto and missing in client.ts are reported once",
  async () => {
    await using shop = workshop({ "echo.proto": proto(ECHO) });
    await shop.make("hello", "--idl", "echo.proto", "--type", "client");
    const before = shop.read("hello/client.ts");
    // client.ts calls cancel() on a body, and echo() on the client of another service.
    const cancel = "rpc Cancel(Req) returns (Resp);";
    shop.write("echo.proto", `${proto(ECHO, SHOUT, cancel)}\nservice Other {\n  ${ECHO}\n  ${SHOUT}\n}\n`);
    const said = await shop.make("hello", "--idl", "echo.proto");
    const kept = "kept hello/client.ts: it doesn't call what is new in echo.";
    assertEquals(said.split("\n").filter((line) => line.startsWith("kept")), [
      `${kept}EchoService: Shout, Cancel`,
      `${kept}Other: Echo, Shout`,
    ]);
    assertEquals(await shop.make("hello", "--idl", "echo.proto"), UP_TO_DATE);
    assertEquals(shop.read("hello/client.ts"), before);

    // A method that client.ts calls already is not named.
    const whisper = "rpc Whisper(Req) returns (Resp);";
    shop.write("hello/client.ts", before.replace(".echo({})", ".whisper({})"));
    shop.write("echo.proto", `${proto(ECHO, whisper)}\nservice Other {\n  ${ECHO}\n  ${whisper}\n}\n`);
    const next = await shop.make("hello", "--idl", "echo.proto");
    assertEquals(next.split("\n").filter((line) => line.startsWith("kept")), [`${kept}Other: Whisper`]);
  },
);

needs(
  PERMISSIONS,
  "dinokit new: a kit that is reached through a link generates again, with or without --module",
  async () => {
    await using shop = workshop({ "echo.proto": proto(ECHO) });
    Deno.symlinkSync(new URL("..", import.meta.url), `${shop.path}/kit`, { type: "dir" });
    const flags = ["run", "-A", "kit/cli/main.ts", "new"];
    for (const module of [[], ["--module", "../kit/mod.ts"]]) {
      const project = `with${module.length}`;
      await shop.deno(".", ...flags, project, "--idl", "echo.proto", ...module);
      assertStringIncludes(shop.read(`${project}/deno.json`), `"dinokit": "../kit/mod.ts"`);
      shop.write(`${project}/idl/echo.proto`, proto(ECHO, SHOUT));
      assertStringIncludes(await shop.deno(project, "task", "gen"), "wrote handlers/echo_service/shout.ts");
      assertMatch(await shop.deno(project, "task", "test"), /2 passed/);
    }
    assertMatch(await shop.deno(".", "run", "--no-prompt", "kit/cli/main.ts", "--version"), /^\d/);
  },
);
