import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { checkAll, filesIn, workshop } from "./new_project.ts";
import { needs } from "./needs.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }];
const KINDS = Deno.permissions.querySync({ name: "read" }).state === "granted"
  ? Deno.readTextFileSync(new URL("./proto/kinds.proto", import.meta.url))
  : "";

/** Where the handlers are of methods and services that differ in case or in `_` alone. */
const ALIKE = ["alike/get_url.ts", "alike/get_url_.ts", "alike/get_url__.ts", "get_x/a.ts", "get_x_/a.ts"]
  .map((path) => `handlers/${path}`);

/** Names that the language, the kit, the template or Deno's tests have already. */
const NAMES = `syntax = "proto3";

import "google/protobuf/empty.proto";
import "more/other.proto";

message Handler { string text = 1; }

service Deno {
  rpc Assert(Handler) returns (Handler);
  rpc Delete(Handler) returns (google.protobuf.Empty);
  rpc Then(more.Other) returns (stream more.Other);
  rpc Await(stream Handler) returns (Handler);
  rpc EchoTest(Handler) returns (Handler);
  rpc Server(Handler) returns (Handler);
  rpc get_HTTPThing(Handler) returns (Handler);
}
service main { rpc Main(stream Handler) returns (stream Handler); rpc Mod(Handler) returns (Handler); }
service RpcError { rpc Constructor(Handler) returns (Handler); }
service TestPair { rpc Unary(Handler) returns (Handler); rpc Bidi(Handler) returns (Handler); }
service Idle {}
service Alike { rpc GetUrl(Handler) returns (Handler); rpc GetURL(Handler) returns (Handler); rpc getUrl(Handler) returns (Handler); }
service GetX { rpc A(Handler) returns (Handler); }
service Get_X { rpc A(Handler) returns (Handler); }
service Second { rpc Delete(Handler) returns (Handler); rpc Main(Handler) returns (Handler); }
service TheService { rpc ClientStream(stream Handler) returns (Handler); rpc Test(Handler) returns (Handler); }
`;

needs(
  PERMISSIONS,
  "dinokit new: all kinds of call, in a project that passes fmt, lint, check and its tests",
  async () => {
    await using shop = workshop({ "kinds.proto": KINDS });
    const said = await shop.make("kinds", "--idl", "kinds.proto", "--registry", "consul");
    assertMatch(said, /docker compose up -d consul[^]*deno task client/);
    assertStringIncludes(shop.read("kinds/README.md"), "`docker compose up -d consul`");
    assertMatch(await checkAll(shop, "kinds"), /4 passed/);
  },
);

needs(
  PERMISSIONS,
  "dinokit new: names that are already taken in any way still give correct code",
  async () => {
    await using shop = workshop({ "my names.proto": NAMES });
    Deno.mkdirSync(`${shop.path}/idl/more`, { recursive: true });
    shop.write("idl/more/other.proto", `syntax = "proto3";\npackage more;\nmessage Other {}\n`);
    await shop.make("my projects/names", "--idl", "my names.proto", "-I", "idl");
    assertMatch(await checkAll(shop, "my projects/names"), /21 passed/);
    await shop.deno("my projects/names", "task", "gen");
    const files = [...filesIn(shop, "my projects/names").keys()];
    for (const path of ["idl/more/other.proto", "idl/more/other.ts", "handlers/deno/get_http_thing.ts", ...ALIKE]) {
      assertEquals(files.includes(path), true, path);
    }
  },
);

needs(
  PERMISSIONS,
  "dinokit new: there is a deno.lock, or a message shows how to make one; the project is made either way",
  async () => {
    await using shop = workshop({ "kinds.proto": KINDS });
    await shop.make("kinds", "--idl", "kinds.proto");
    assertStringIncludes(shop.read("kinds/deno.lock"), '"npm:protobufjs@');
    await shop.deno("kinds", "install", "--frozen", "-P=test");
    const said = await shop.make("far", "--idl", "kinds.proto", "--module", "http://127.0.0.1:1/mod.ts");
    assertMatch(said, /no deno\.lock was made.* deno install -P=test\nerror: .*127\.0\.0\.1:1\//);
    assertStringIncludes(said, "deno task serve");
  },
);

needs(
  PERMISSIONS,
  "dinokit new: a handler answers UNIMPLEMENTED with the file to edit, until it is written; its test expects that",
  async () => {
    await using shop = workshop({ "names.proto": NAMES });
    Deno.mkdirSync(`${shop.path}/more`, { recursive: true });
    shop.write("more/other.proto", `syntax = "proto3";\npackage more;\nmessage Other {}\n`);
    await shop.make("names", "--idl", "names.proto", "-I", ".");
    for (const [path, text] of filesIn(shop, "names")) {
      if (!path.startsWith("handlers/") || path === "handlers/mod.ts") continue;
      if (path.endsWith("_test.ts")) assertStringIncludes(text, "Status.UNIMPLEMENTED");
      else assertMatch(text, new RegExp(`"\\w+ is not implemented yet: edit ${path}"`));
    }
  },
);

needs(PERMISSIONS, "dinokit new --type: a server without client, a client without server", async () => {
  await using shop = workshop({ "kinds.proto": KINDS });
  await shop.make("one", "--idl", "kinds.proto", "--type", "server");
  await shop.make("two", "--idl", "kinds.proto", "--type", "client", "--server_name", "1.5");
  await checkAll(shop, "two");
  const [one, two] = ["one", "two"].map((project) => [...filesIn(shop, project).keys()]);
  assertEquals(/onsul|client/.test(shop.read("one/README.md")), false);
  assertEquals([one!.includes("client.ts"), one!.includes("main.ts")], [false, true]);
  assertEquals(two!.filter((path) => /handlers|main|Docker|docker|compose/.test(path)), []);
  assertStringIncludes(shop.read("two/conf/dev/conf.yaml"), `service: "1.5"`);
  await shop.deno("two", "task", "gen");
});

needs(
  PERMISSIONS,
  "dinokit new: a folder with files is left unchanged, and the planned files are listed; --yes keeps existing files",
  async () => {
    await using shop = workshop({ "kinds.proto": KINDS });
    Deno.mkdirSync(`${shop.path}/full`);
    shop.write("full/README.md", "# Mine\n");
    const said = await shop.refused(2, "full", "--idl", "kinds.proto");
    assertMatch(said, /^error: NAME full: the folder has files/);
    assertStringIncludes(said, "\n  README.md (is there: would stay)\n");
    assertStringIncludes(said, "\n  handlers/kinds/bidi.ts\n");
    assertEquals([...filesIn(shop, "full").keys()], ["README.md"]);
    assertStringIncludes(await shop.make("full", "--idl", "kinds.proto", "--yes"), "kept full/README.md\n");
    assertEquals(shop.read("full/README.md"), "# Mine\n");
    Deno.mkdirSync(`${shop.path}/other/handlers`, { recursive: true });
    shop.write("other/handlers/mod.ts", "// Mine\n");
    assertMatch(
      await shop.refused(2, "other", "--idl", "kinds.proto", "--yes"),
      /^error: NAME other: handlers\/mod\.ts would be replaced, and Dinokit has not made it; move it first/,
    );
    assertEquals([...filesIn(shop, "other").keys()], ["handlers/mod.ts"]);
  },
);

needs(PERMISSIONS, "dinokit new: a project with a style of its own passes fmt after each gen", async () => {
  await using shop = workshop({ "kinds.proto": KINDS });
  await shop.make("kinds", "--idl", "kinds.proto");
  const settings = JSON.parse(shop.read("kinds/deno.json"));
  Object.assign(settings.fmt, { lineWidth: 80, singleQuote: true });
  shop.write("kinds/deno.json", JSON.stringify(settings));
  await shop.deno("kinds", "fmt");
  assertStringIncludes(shop.read("kinds/main.ts"), "from 'dinokit'");
  assertEquals((await shop.deno("kinds", "task", "gen")).includes("wrote"), false);
  await checkAll(shop, "kinds");
});

const BAD: [args: string[], code: number, message: RegExp][] = [
  [["--idl", "kinds.proto"], 2, /^error: missing required argument 'name'/],
  [["a"], 2, /^error: required option '--idl <file>' not specified/],
  [["a", "b", "--idl", "kinds.proto"], 2, /^error: too many arguments/],
  [["1 x", "--idl", "kinds.proto"], 2, /^error: NAME 1 x: the service would be called "1 x"; use .*--server_name/],
  [["a", "--idl", "kinds.proto", "--server_name", "a/b"], 2, /^error: --server_name is "a\/b"; use 1 to 128/],
  [["a", "--idl", "no.proto"], 2, /^error: --idl no\.proto: no such file; -I DIR/],
  [["a", "--idl", "kinds.txt"], 2, /^error: --idl kinds\.txt: not a \.proto/],
  [["a", "--idl", "kinds.proto", "-I", "no"], 2, /^error: -I no: no such folder/],
  [["a", "--idl", "kinds.proto", "--type", "RPC"], 2, /^error: --type is RPC; use server, client or both/],
  [["a", "--idl", "kinds.proto", "--registry", "etcd"], 2, /^error: --registry is etcd; use consul/],
  [["a", "--idl", "kinds.proto", "--module", "dinokit"], 2, /^error: --module is dinokit; use a URL/],
  [["a", "--idl", "kinds.proto", "--module", "../no/mod.ts"], 2, /^error: --module \.\.\/no\/mod\.ts: no such file/],
  [["a", "--idl", "kinds.proto", "--nope"], 2, /--nope/],
  [["kinds.proto", "--idl", "kinds.proto"], 2, /^error: NAME kinds\.proto: a file has this name/],
  [["a", "--idl", "empty.proto"], 2, /^error: --idl empty\.proto: it declares no service/],
  [["a", "--idl", "idle.proto"], 2, /^error: --idl idle\.proto: it declares no method of a service/],
  [["a", "--idl", "bad.proto"], 1, /^error: bad\.proto:2:13: there is no type Nope/],
];

needs(
  PERMISSIONS,
  "dinokit new: errors name the flag or the file's line, and nothing is written",
  async () => {
    const head = `syntax = "proto3";\n`;
    await using shop = workshop({
      "kinds.proto": KINDS,
      "kinds.txt": KINDS,
      "empty.proto": `${head}message M {}\n`,
      "idle.proto": `${head}service S {}\n`,
      "bad.proto": `${head}message M { Nope a = 1; }\nservice S {}\n`,
      "twins.proto": `${head}message M {}\nservice S { rpc A(M) returns (M); }\nservice s { rpc B(M) returns (M); }\n`,
    });
    for (const [args, code, message] of BAD) assertMatch(await shop.refused(code, ...args), message);
    assertEquals([...Deno.readDirSync(shop.path)].map(({ name }) => name).filter((name) => !name.includes(".")), []);
  },
);
