import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CONSUL_PERMISSIONS, startConsul } from "./consul.ts";
import { movePorts, type Workshop, workshop } from "./new_project.ts";
import { needs } from "./needs.ts";
import { startProgram } from "./program.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, {
  name: "net",
}];
const ECHO = Deno.permissions.querySync({ name: "read" }).state === "granted"
  ? Deno.readTextFileSync(new URL("../proto/echo.proto", import.meta.url))
  : "";

/** What the client prints of a method that is not written yet. */
const NOT_YET = "Echo UNIMPLEMENTED: Echo is not implemented yet: edit handlers/echo_service/echo.ts";

/** The command of a task, with no permissions but those of its set. */
const serve = (shop: Workshop, project: string) =>
  startProgram({
    path: Deno.execPath(),
    args: ["task", "serve"],
    cwd: `${shop.path}/${project}`,
    env: { NO_COLOR: "1" },
  }, 'address="127.0.0.1:');

needs(PERMISSIONS, "from an empty folder to an answer in less than a minute: new, test, serve, call", async () => {
  await using shop = workshop({ "echo.proto": ECHO });
  const start = performance.now();
  await shop.make("hello", "--idl", "echo.proto");
  assertStringIncludes(await shop.deno("hello", "task", "test"), "1 passed");
  // What policies stand in the settings, the server and the client go by.
  const settings = "hello/conf/test/conf.yaml";
  const policies =
    "  server: { rate: { rate: 1000 } }\n  clients: { hello: { timeout: 5000, retry: { attempts: 3 } } }\n";
  shop.write(settings, shop.read(settings) + policies);
  const handler = "hello/handlers/echo_service/echo.ts";
  const address = movePorts(shop, ["hello"]);
  {
    await using _server = await serve(shop, "hello");
    assertStringIncludes(await shop.deno("hello", "task", "client"), NOT_YET);
  }
  shop.write(
    handler,
    shop.read(handler).replace("_request", "request").replace(/throw .*;/, "return { resp: request.mes };"),
  );
  {
    await using server = await serve(shop, "hello");
    const call = [
      "run",
      `--allow-net=${address}`,
      "dinokit/cli",
      "call",
      address,
      "echo.EchoService/Echo",
      `{"mes": "hi"}`,
    ];
    assertStringIncludes(await shop.deno("hello", ...call), `{"resp":"hi"}`);
    const seconds = (performance.now() - start) / 1000;
    console.log(`      ${seconds.toFixed(1)} s`);
    assert(seconds < 60, `${seconds} s`);
    assertStringIncludes(await shop.deno("hello", "task", "client"), `Echo { resp: "" }`);
    assertEquals(server.address, address);
  }
  // As its README says.
  const [, online] = /`DENO_ENV=online deno (run [^`]*)`/.exec(shop.read("hello/README.md"))!;
  const env = { NO_COLOR: "1", DENO_ENV: "online" };
  const program = { path: Deno.execPath(), args: online!.split(" "), cwd: `${shop.path}/hello`, env };
  await using _online = await startProgram(program, 'address="[::]:');
});

needs(CONSUL_PERMISSIONS, "--registry consul: the server registers, and the client finds it there", async () => {
  await using agent = await startConsul();
  await using shop = workshop({ "echo.proto": ECHO });
  await shop.make("hello", "--idl", "echo.proto", "--registry", "consul", "--server_name", "echoservice");
  movePorts(shop, ["hello"], agent.address);
  await using server = await serve(shop, "hello");
  await server.line("is registered");
  assertStringIncludes(await shop.deno("hello", "task", "client"), NOT_YET);
  const [one] = await (await fetch(`http://${agent.address}/v1/catalog/service/echoservice`)).json();
  assertEquals(`${one.ServiceAddress}:${one.ServicePort}`, server.address);
});

needs(PERMISSIONS, "--type client: its tests pass, and it calls a server of --type server", async () => {
  await using shop = workshop({ "echo.proto": ECHO });
  await shop.make("service", "--idl", "echo.proto", "--type", "server");
  await shop.make("caller", "--idl", "echo.proto", "--type", "client");
  await shop.deno("caller", "task", "test");
  movePorts(shop, ["service", "caller"]);
  await using _server = await serve(shop, "service");
  assertStringIncludes(await shop.deno("caller", "task", "client"), NOT_YET);
});

needs(
  PERMISSIONS,
  "--registry consul without a Consul: the client reports it, and its missing permissions",
  async () => {
    await using shop = workshop({ "echo.proto": ECHO });
    await shop.make("hello", "--idl", "echo.proto", "--registry", "consul");
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const nobody = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
    listener.close();
    movePorts(shop, ["hello"], nobody);
    const said = await shop.failing("hello", "task", "client");
    assertStringIncludes(said, `no instance of hello is known: Consul at ${nobody} is down`);
    const settings = shop.read("hello/deno.json").replaceAll(`"${nobody}"`, '"127.0.0.1:1"');
    shop.write("hello/deno.json", settings);
    assertStringIncludes(
      await shop.failing("hello", "task", "client"),
      `createClient(hello) needs permissions that this process does not have: net ${nobody}`,
    );
  },
);
