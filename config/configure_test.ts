import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { EchoService } from "../proto/echo.ts";
import { memoryRegistry } from "../registry/memory.ts";
import { needs } from "../tests/needs.ts";
import { recordingLogger } from "../tests/observe.ts";
import { memoryTransport } from "../transport/memory/mod.ts";
import { configure, type ConfigureOptions } from "./configure.ts";
import { fields } from "./fields.ts";
import { ConfigError } from "./problem.ts";

const FILES: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }];
const NET: Deno.PermissionDescriptor[] = [...FILES, { name: "net" }];

/** A folder with one environment, which the options lead to. */
async function folder(text: string) {
  const path = await Deno.makeTempDir({ prefix: "dinokit_configure_" });
  await Deno.mkdir(`${path}/test`);
  await Deno.writeTextFile(`${path}/test/conf.yaml`, text);
  return {
    path,
    file: `${path}/test/conf.yaml`,
    options: { dir: path, env: "test" },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

const ECHO = `kitex: { service: echo-service, address: "memory:echo" }\n`;
const handlers = { echo: ({ mes }: { mes: string }) => ({ resp: mes }) };
const inMemory = () => ({ transport: memoryTransport(), logger: recordingLogger() });

Deno.test("configure() rejects unknown options before it reads a file", async () => {
  const wrong = (options: object) => configure(options as ConfigureOptions);
  await assertRejects(() => wrong({ dirr: "conf" }), TypeError, "configure: dirr is not an option; did you mean dir?");
  await assertRejects(() => wrong({ name: "a" }), TypeError, "configure: name is not an option");
  await assertRejects(() => wrong({ logger: 5 }), TypeError, "configure: logger is 5");
  await assertRejects(() => wrong({ sections: { redis: {} } }), TypeError, "configure: sections.redis has the name of");
});

needs(FILES, "configure() gives a server and a client of it with the settings of the file", async () => {
  await using conf = await folder(`${ECHO}dinokit:
  limits: { receive_message_bytes: 100 }
  clients: { echo-service: { methods: { Echo: { timeout: 5000 } } } }
`);
  const shared = inMemory();
  await using app = await configure({ ...conf.options, ...shared });
  assertEquals([app.conf.kitex.service, app.logger], ["echo-service", shared.logger]);
  const server = app.createServer();
  server.add(EchoService, handlers);
  await server.start();
  assertEquals(server.address, "memory:echo");
  const echo = app.createClient(EchoService);
  assertEquals(await echo.echo({ mes: "hi" }), { resp: "hi" });
  assertStringIncludes(shared.logger.lines.join("\n"), "settings");
});

needs(FILES, "options in code override the file, and those of createServer those of configure()", async () => {
  await using conf = await folder(`${ECHO}dinokit: { health: { address: ":1" }, drain_delay: 60000 }\n`);
  const mine = recordingLogger();
  await using app = await configure({ ...conf.options, ...inMemory() });
  const server = app.createServer({ address: "memory:two", drainDelay: 0, logger: mine, health: undefined });
  assertEquals([server.address, server.healthAddress], ["memory:two", "[::]:1"]);
  const checked = app.createServer({ health: { checks: { db: () => true } } });
  assertEquals(checked.healthAddress, "[::]:1");
  assertThrows(() => app.createServer({ adress: ":1" } as never), TypeError, "adress is not an option");
  await using echo = app.createClient(EchoService, { address: "memory:three" });
  await assertRejects(() => echo.echo({}), Error, "memory:three");
});

needs(FILES, "the stop of the last server, or await using, closes the clients and the log file", async () => {
  await using conf = await folder(`kitex: { service: echo-service, address: "memory:echo" }\n`);
  const text = `kitex:
  service: echo-service
  address: "memory:echo"
  log_file_name: ${JSON.stringify(`${conf.path}/log/echo.log`)}
`;
  await Deno.writeTextFile(conf.file, text);
  const app = await configure({ ...conf.options, transport: memoryTransport() });
  const servers = [app.createServer(), app.createServer({ address: "memory:two" })];
  for (const server of servers) await server.add(EchoService, handlers).start();
  const [first, second] = [app.createClient(EchoService), app.createClient(EchoService)];
  await first[Symbol.asyncDispose]();
  await servers[0]!.stop();
  assertEquals(await app.createClient(EchoService, { address: "memory:two" }).echo({ mes: "a" }), { resp: "a" });
  await servers[1]!.stop();
  await assertRejects(() => second.echo({}), Error, "was closed");
  for (const make of [() => app.createServer(), () => app.createClient(EchoService)]) {
    assertThrows(make, TypeError, "what configure() opened was closed");
  }
  await app[Symbol.asyncDispose]();
  assertStringIncludes(await Deno.readTextFile(`${conf.path}/log/echo.log`), "stopped");
  {
    await using other = await configure({ ...conf.options, transport: memoryTransport() });
    await other.createServer().add(EchoService, handlers).start();
    other.createServer(); // never started
    assertEquals(await other.createClient(EchoService).echo({ mes: "b" }), { resp: "b" });
  }
});

needs(FILES, "a server that fails to start, or is rejected, leaves nothing open", async () => {
  await using conf = await folder(ECHO);
  const app = await configure({ ...conf.options, ...inMemory() });
  assertThrows(() => app.createServer({ drainDelay: -1 }), RangeError);
  const echo = app.createClient(EchoService);
  await assertRejects(() => app.createServer().start(), TypeError, "there is nothing to serve");
  await assertRejects(() => echo.echo({}), Error, "was closed");
});

needs(FILES, "two configure() of one folder are independent", async () => {
  await using conf = await folder(ECHO);
  await using one = await configure({ ...conf.options, ...inMemory() });
  const two = await configure({ ...conf.options, ...inMemory() });
  await one.createServer().add(EchoService, handlers).start();
  await two.createServer().add(EchoService, handlers).start();
  await two[Symbol.asyncDispose]();
  assertEquals(await one.createClient(EchoService).echo({ mes: "a" }), { resp: "a" });
});

needs(
  FILES,
  "createClient() rejects a service that is missing in the settings, with the position of its section",
  async () => {
    await using conf = await folder(`kitex: { service: shop, address: ":1" }
dinokit:
  clients:
    ecoservice: { timeout: 5 }
`);
    await using app = await configure({ ...conf.options, ...inMemory() });
    assertThrows(
      () => app.createClient(EchoService),
      ConfigError,
      `${conf.file}:4:5: no entry of dinokit.clients is for echo.EchoService; is dinokit.clients.ecoservice meant for it?`,
    );
    assertThrows(
      () => app.createClient(EchoService, { name: "ecoservice" }),
      ConfigError,
      `${conf.file}:4:5: dinokit.clients.ecoservice has no address, and the file no registry.registry_address`,
    );
    app.createClient(EchoService, { address: "127.0.0.1:1" });
  },
);

needs(FILES, "a client calls the address of the entry that names its service", async () => {
  await using conf = await folder(`${ECHO}dinokit:
  clients:
    other: { services: [echo.EchoService], address: "memory:other" }
`);
  await using app = await configure({ ...conf.options, ...inMemory() });
  await app.createServer({ address: "memory:other" }).add(EchoService, handlers).start();
  assertEquals(await app.createClient(EchoService).echo({ mes: "a" }), { resp: "a" });
});

needs(FILES, "a policy under a misspelt name is warned of, if the service is the settings' own", async () => {
  await using conf = await folder(`kitex: { service: echoservice, address: "memory:echo" }
dinokit: { clients: { ecoservice: { timeout: 5 } } }
`);
  const shared = inMemory();
  await using app = await configure({ ...conf.options, ...shared });
  app.createClient(EchoService);
  assertStringIncludes(shared.logger.lines.join("\n"), 'is "ecoservice" meant for it?');
});

needs(FILES, "an address or a registry in code overrides the file", async () => {
  await using conf = await folder(`${ECHO}dinokit:
  clients:
    other: { services: [echo.EchoService], address: "memory:echo" }
registry: { registry_address: ["127.0.0.1:1"] } # nothing asks it, as the code names others
`);
  const registry = memoryRegistry();
  await using app = await configure({ ...conf.options, ...inMemory() });
  await app.createServer({ name: "other", registry, drainDelay: 0 }).add(EchoService, handlers).start();
  assertEquals(await app.createClient(EchoService, { address: "memory:echo" }).echo({ mes: "a" }), { resp: "a" });
  assertEquals(await app.createClient(EchoService, { resolver: registry }).echo({ mes: "b" }), { resp: "b" });
});

needs(FILES, "configure() gives sections of one's own, typed", async () => {
  await using conf = await folder(`${ECHO}payment: { retries: 4 }\n`);
  const sections = { payment: { retries: fields.integer({ default: 3 }), key: fields.secret({ optional: true }) } };
  await using app = await configure({ ...conf.options, sections });
  const retries: number = app.conf.payment.retries;
  assertEquals(retries, 4);
  await assertRejects(
    () => configure(conf.options),
    ConfigError,
    "payment is not a key; the file may have kitex, registry, mysql, redis, dinokit; configure({ sections }) declares",
  );
});

needs(NET, "TLS files of the settings are read when a server is created, and not by a client", async () => {
  await using conf = await folder(`${ECHO}dinokit: { tls: { cert_file: no.pem, key_file: no.key } }\n`);
  await using app = await configure({ ...conf.options, ...inMemory() });
  app.createClient(EchoService);
  const error = assertThrows(() => app.createServer(), Error, "dinokit.tls.cert_file: no.pem does not exist");
  assert(error instanceof Deno.errors.NotFound);
});
