import { assertEquals, assertStringIncludes } from "@std/assert";
import { createServer as createHttp2Server } from "node:http2";
import { createServer } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

const PROTO = ["--proto", "tests/proto/kinds.proto"];

needs(
  CLI_PERMISSIONS,
  "dinokit list and describe show the content of a .proto file, with read permission only",
  async () => {
    const flags = ["--allow-read=tests/proto"];
    const list = await dinokit(["list", "127.0.0.1:1", "--methods", ...PROTO], { flags });
    const methods = ["Unary", "ClientStream", "ServerStream", "Bidi"].map((name) => `dinokit.test.Kinds/${name}\n`);
    assertEquals(list, { code: 0, stdout: `dinokit.test.Kinds\n${methods.join("")}`, stderr: "" });
    const describe = await dinokit(["describe", "127.0.0.1:1", "dinokit.test.Msg", ...PROTO], { flags });
    assertEquals(describe, {
      code: 0,
      stdout:
        "// What goes both ways.\nmessage Msg {\n  // A text, or what the server shall do.\n  string text = 1;\n" +
        "  // A number.\n  int32 count = 2;\n  // Bytes.\n  bytes data = 3;\n}\n",
      stderr: "",
    });
    const json = await dinokit(["list", "127.0.0.1:1", "--methods", "--json", ...PROTO], { flags });
    const [{ name, methods: [unary] }] = JSON.parse(json.stdout);
    const message = "dinokit.test.Msg";
    assertEquals([name, unary], ["dinokit.test.Kinds", {
      name: "Unary",
      kind: "unary",
      request: message,
      response: message,
    }]);
    const symbols = [message, `${message}.count`, "dinokit.test.Kinds.Bidi"];
    const described = JSON.parse(
      (await dinokit(["describe", "x:1", "--json", ...symbols, ...PROTO], { flags })).stdout,
    );
    const count = { name: "count", number: 2, label: "LABEL_OPTIONAL", type: "TYPE_INT32", jsonName: "count" };
    assertEquals(described[0].descriptor.field[1], count);
    assertEquals(described.slice(1), [
      { name: symbols[1], kind: "field", descriptor: count },
      {
        name: symbols[2],
        kind: "method",
        descriptor: {
          name: "Bidi",
          inputType: `.${message}`,
          outputType: `.${message}`,
          clientStreaming: true,
          serverStreaming: true,
        },
      },
    ]);
    assertEquals(await dinokit(["list", "--methods", ...PROTO], { flags }), list);
    assertEquals(await dinokit(["describe", "dinokit.test.Msg", ...PROTO], { flags }), describe);
    assertEquals(await dinokit(["describe", ...PROTO, "dinokit.test.Msg"], { flags }), describe);
    const all = await dinokit(["describe", "127.0.0.1:1", ...PROTO], { flags });
    assertEquals(await dinokit(["describe", ...PROTO], { flags }), all);
    assertStringIncludes(all.stdout, "service Kinds {");
    const nothing = await dinokit(["describe", "127.0.0.1:1", "dinokit.test.Kind", ...PROTO], { flags });
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.stderr, 'did you mean "dinokit.test.Kinds"?');
    assertStringIncludes(nothing.stderr, `next:  dinokit list ${PROTO.join(" ")} --methods\n`);
  },
);

needs(
  CLI_PERMISSIONS,
  "dinokit health ends with 0 where a server serves, and with another code where not",
  async () => {
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0" });
    server.add(Kinds, kindsHandlers());
    await server.start();
    const health = async (...args: string[]) => {
      const { code, stdout } = await dinokit(["health", ...args]);
      return [code, stdout.trim()];
    };
    assertEquals(await health(server.address), [0, "SERVING"]);
    assertEquals(await health(server.address, "dinokit.test.Kinds"), [0, "SERVING"]);
    assertEquals(await health(server.address, "echo.Nobody"), [69, "NOT_FOUND: unknown service echo.Nobody"]);
    assertEquals((await health("127.0.0.1:1"))[0], 78);
    const [code, json] = await health(server.address, "echo.Nobody", "--json");
    assertEquals([code, JSON.parse(String(json))], [69, [{
      address: server.address,
      error: "NOT_FOUND: unknown service echo.Nobody",
      code: 69,
    }]]);
  },
);

needs(CLI_PERMISSIONS, "dinokit describe suggests names from the server for a misspelt one", async () => {
  await using server = createServer({ name: "kinds", address: "127.0.0.1:0", reflection: true });
  server.add(Kinds, kindsHandlers());
  await server.start();
  const { code, stderr } = await dinokit(["describe", server.address, "dinokit.test.Mgs"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'nothing called dinokit.test.Mgs; did you mean "dinokit.test.Msg"?');
});

needs(CLI_PERMISSIONS, "dinokit describe without a target reports the missing target", async () => {
  const { code, stderr } = await dinokit(["describe"], { flags: [] });
  assertEquals(code, 2);
  assertStringIncludes(stderr, "next:  give a server such as 127.0.0.1:8888, or --proto FILE.proto");
});

needs(
  CLI_PERMISSIONS,
  "dinokit distinguishes an HTTP/2 server without gRPC from a gRPC server without reflection",
  async () => {
    const web = createHttp2Server((_, response) => void response.writeHead(404).end());
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(web.address() as { port: number }).port}`;
    try {
      for (const args of [["list", address], ["call", address, "echo.EchoService/Echo"], ["health", address]]) {
        const { code, stdout, stderr } = await dinokit(args);
        assertEquals(code, 76, stderr);
        assertStringIncludes(stdout + stderr, "UNIMPLEMENTED: the server answers with HTTP status 404");
        assertEquals(stderr.includes("reflection"), false);
      }
    } finally {
      await new Promise<void>((resolve) => web.close(() => resolve()));
    }
  },
);

needs(CLI_PERMISSIONS, "dinokit list without a target reports the missing target", async () => {
  const { code, stderr } = await dinokit(["list"], { flags: [] });
  assertEquals(code, 2);
  assertStringIncludes(stderr, "next:  dinokit list 127.0.0.1:8888, or dinokit list --consul");
});
