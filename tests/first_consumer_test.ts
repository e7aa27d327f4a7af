import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { needs } from "./needs.ts";
import { type EmptyProject, emptyProject, serveKit } from "./served_kit.ts";

// A project as a user has it: a deno.json with imports, and no npm in it. Its own tests run without a permission.

const ROOT = new URL("..", import.meta.url);
const ALL: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "net" }];

const FILES = {
  "handlers.ts": `import { type Handlers, RpcError, Status } from "dinokit";
import type { EchoService } from "./idl/echo.ts";

/** What the service does. */
export const handlers: Handlers<typeof EchoService> = {
  echo({ mes }, ctx) {
    if (mes === "") throw new RpcError(Status.INVALID_ARGUMENT, "mes is empty");
    ctx.header.set("x-greeted", ctx.metainfo.persistent.get("CLIENT_NAME") ?? "nobody");
    return { resp: mes };
  },
};
`,
  "server.ts": `import { createServer } from "dinokit";
import { EchoService } from "./idl/echo.ts";
import { handlers } from "./handlers.ts";

await createServer({ name: "echo", address: "127.0.0.1:0" }).add(EchoService, handlers).run();
`,
  "client.ts": `import { createClient, withMetainfo } from "dinokit";
import { EchoService } from "./idl/echo.ts";

await using echo = createClient(EchoService, { address: Deno.args[0]! });
await withMetainfo({ persistent: { CLIENT_NAME: "me" } }, async () => {
  const reply = await echo.echo({ mes: "hello" }, { onHeader: (header) => console.log(header.get("x-greeted")) });
  console.log(reply);
});
`,
  "echo_test.ts": `import { Status, withMetainfo } from "dinokit";
import { assertMetadata, assertRpcError, fakeClock, testPair } from "dinokit/testing";
import { EchoService } from "./idl/echo.ts";
import { handlers } from "./handlers.ts";

Deno.test("Echo answers", async () => {
  await using echo = await testPair(EchoService, handlers);
  await withMetainfo({ persistent: { CLIENT_NAME: "me" } }, () =>
    echo.client.echo({ mes: "hello" }, { onHeader: (header) => assertMetadata(header, { "x-greeted": "me" }) }));
  await assertRpcError(echo.client.echo({ mes: "" }), { code: Status.INVALID_ARGUMENT, message: "mes is empty" });
});

Deno.test("Echo is retried, and ends in time", async () => {
  using clock = fakeClock();
  await using echo = await testPair(EchoService, handlers, { client: { retry: { attempts: 2, backoff: 1000 } } });
  echo.faults.inject({ attempts: [1], status: Status.UNAVAILABLE });
  echo.faults.inject({ attempts: [2, 3], hang: true });
  const late = assertRpcError(echo.client.echo({ mes: "hello" }, { timeout: 5000 }), { code: Status.DEADLINE_EXCEEDED });
  await clock.pass(5000, late);
});
`,
};

/** The project, with the kit from somewhere. */
async function consumer(kit: string): Promise<EmptyProject> {
  const project = await emptyProject();
  const imports = { "dinokit": `${kit}/mod.ts`, "dinokit/testing": `${kit}/testing/mod.ts` };
  await project.write("deno.json", JSON.stringify({ imports }));
  await project.write("idl/echo.proto", await Deno.readTextFile(new URL("proto/echo.proto", ROOT)));
  for (const [name, text] of Object.entries(FILES)) await project.write(name, text);
  await project.well("run", "-A", `${kit}/cli/main.ts`, "gen", "idl/echo.proto", "--import", "dinokit");
  return project;
}

/** Server and client in processes of their own, with the permissions that they say they need. */
async function calls(project: EmptyProject, ...flags: string[]): Promise<void> {
  const run = ["run", "--allow-net=127.0.0.1", ...flags];
  await using server = await project.start(`address="127.0.0.1:`, ...run, "server.ts");
  assertEquals(await project.well(...run, "client.ts", server.address), `me\n{ resp: "hello" }\n`);
}

needs(ALL, "a first consumer by path: its tests need no flag, its server and client the network only", async () => {
  await using project = await consumer(fileURLToPath(ROOT).replace(/\/$/, ""));
  await project.well("check", ".");
  assertMatch(await project.well("test"), /^ok \| 2 passed/m);
  await calls(project);
});

needs(ALL, "a first consumer by URL: the same, and the permission to import", async () => {
  await using kit = await serveKit();
  await using project = await consumer(kit.url);
  const allow = `--allow-import=${kit.host}`;
  await project.well("check", allow, ".");
  assertMatch(await project.well("test", allow), /^ok \| 2 passed/m);
  await calls(project, allow);
});

needs(ALL, "a test of a first consumer that must fail fails", async () => {
  await using project = await consumer(fileURLToPath(ROOT).replace(/\/$/, ""));
  await project.write("echo_test.ts", FILES["echo_test.ts"].replace("mes is empty", "mes is full"));
  const { code, stdout, stderr } = await project.deno("test", "--no-check");
  assertEquals(code, 1);
  assertStringIncludes(stdout + stderr, `an RpcError INVALID_ARGUMENT has another text`);
});

needs(ALL, "a bundle of server and client runs where there is nothing else, without import permission", async () => {
  await using kit = await serveKit();
  await using project = await consumer(kit.url);
  await using elsewhere = await emptyProject();
  for (const name of ["server", "client"]) {
    await project.well("bundle", `--allow-import=${kit.host}`, `${name}.ts`, "-o", `${elsewhere.path}/${name}.ts`);
  }
  await calls(elsewhere, "--no-check", "--no-remote", "--no-npm");
});

needs(ALL, "a bundle of a server with workers needs to read itself, and no more", async () => {
  await using project = await consumer(fileURLToPath(ROOT).replace(/\/$/, ""));
  await using elsewhere = await emptyProject();
  await project.write("server.ts", FILES["server.ts"].replace(`:0" }`, `:0", workers: 2 }`));
  await project.well("bundle", "server.ts", "-o", `${elsewhere.path}/server.js`);
  await project.well("bundle", "client.ts", "-o", `${elsewhere.path}/client.js`);
  const run = ["run", "--allow-net=127.0.0.1"];
  await using server = await elsewhere.start(`address="127.0.0.1:`, ...run, "--allow-read=server.js", "server.js");
  assertEquals(await elsewhere.well(...run, "client.js", server.address), `me\n{ resp: "hello" }\n`);
});

needs(ALL, "a bundle of the demo prints the same output as the demo", async () => {
  await using elsewhere = await emptyProject();
  const demo = fileURLToPath(new URL("examples/echo/demo.ts", ROOT));
  await elsewhere.well("bundle", "--no-lock", demo, "-o", `${elsewhere.path}/demo.js`);
  const printed = await elsewhere.well("run", "--allow-net=127.0.0.1", "demo.js");
  assertStringIncludes(printed, `client    reply { resp: "hello, world" }`);
  assert((await Deno.stat(`${elsewhere.path}/demo.js`)).size < 3_000_000);
});
