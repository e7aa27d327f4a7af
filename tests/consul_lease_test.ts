import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { consul } from "../registry/consul/consul.ts";
import { LEASE_KEY } from "../registry/consul/wire.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const ECHO = { name: "echoservice", address: "127.0.0.1:21010" };
type Entry = Record<string, unknown>;
const ID = "echoservice:127.0.0.1:21010";

/** Waits until the agent has the registration, and returns its record. */
const held = (agent: ConsulAgent, within?: number) =>
  until(async () => (await agent.get("/v1/agent/services"))[ID], `the agent has ${ID}`, within);

needs(
  CONSUL_PERMISSIONS,
  "consul().register() writes the same Consul entry as Kitex, readable by Kitex, and passes its check at once",
  async () => {
    await using agent = await startConsul();
    const logger = recordingLogger();
    const healthUrl = "http://127.0.0.1:1/health";
    const registration = { ...ECHO, healthUrl, tags: { zone: "a", version: "v1" }, meta: { team: "blue" } };
    // Consul checks for the first time within the interval: not in this test.
    const lease = consul(agent.address, { checkInterval: 3_600_000 }).register(registration, logger);
    await lease.registered;

    const list = () => agent.get("/v1/health/service/echoservice?passing=1") as Promise<{ Service: Entry }[]>;
    // The agent answers before it has announced its servers.
    const entry = await until(async () => (await list())[0], "it passes");
    const { ID: id, Service, Tags, Address, Port, Weights, Meta } = entry.Service;
    assertEquals({ id, Service, Tags, Address, Port, Weights }, {
      id: ID,
      Service: "echoservice",
      Tags: ["zone:a", "version:v1"],
      Address: "127.0.0.1",
      Port: 21010,
      Weights: { Passing: 10, Warning: 10 },
    });
    assertEquals((Meta as Entry).team, "blue");
    assertEquals(typeof (Meta as Entry)[LEASE_KEY], "string");

    await lease.release();
    assertEquals(await agent.get("/v1/agent/services"), {});
    assertEquals(logger.lines, [
      `info: service "echoservice" is registered in Consul at ${agent.address}`,
      `info: service "echoservice" is deregistered`,
    ]);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().register() has the health URL checked, or the port where there is none",
  async () => {
    await using agent = await startConsul();
    const seen: string[] = [];
    await using health = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
      seen.push(new URL(url).pathname);
      return new Response("ok");
    });
    const address = `127.0.0.1:${health.addr.port}`;
    const registry = consul(agent.address, { checkInterval: 1000 });
    const byUrl = registry.register({ name: "url", address, healthUrl: `http://${address}/health` }, recordingLogger());
    const byPort = registry.register({ name: "port", address }, recordingLogger());
    await Promise.all([byUrl.registered, byPort.registered]);
    const checks = () => agent.get("/v1/agent/checks") as Promise<Record<string, Entry>>;
    const done = async () => Object.values(await checks()).every(({ Output }) => Output !== "");
    await until(done, "both are checked");
    assertEquals(
      Object.values(await checks()).map(({ ServiceName, Type, Status }) => [ServiceName, Type, Status]).sort(),
      [
        ["port", "tcp", "passing"],
        ["url", "http", "passing"],
      ],
    );
    assertEquals(new Set(seen), new Set(["/health"]));
    await Promise.all([byUrl.release(), byPort.release()]);
  },
);

needs(CONSUL_PERMISSIONS, "consul().register() registers within 10 s after a Consul that was down starts", async () => {
  await using agent = await startConsul({ running: false });
  const logger = recordingLogger();
  const lease = consul(agent.address).register(ECHO, logger);
  await until(() => logger.lines.length > 0, "the failure is logged");
  await new Promise((done) => setTimeout(done, 2500)); // long enough for several tries, to see them logged once
  await agent.start();
  const start = performance.now();
  await lease.registered;
  const took = performance.now() - start;
  assert(took < 10_000, `registered after ${took} ms`);
  assert(await held(agent));
  await lease.release();
  assertEquals(logger.lines.length, 3, logger.lines.join("\n"));
  assertStringIncludes(logger.lines[0]!, `warn: Consul at ${agent.address} is down: connect ECONNREFUSED`);
  assertStringIncludes(logger.lines[0]!, `service "echoservice" serves meanwhile, but it is not registered`);
  assertStringIncludes(logger.lines[1]!, `info: service "echoservice" is registered in Consul`);
});

needs(
  CONSUL_PERMISSIONS,
  "consul().register() puts a registration back within 10 s after Consul forgot it",
  async () => {
    await using agent = await startConsul();
    const logger = recordingLogger();
    const lease = consul(agent.address).register(ECHO, logger);
    await lease.registered;
    await agent.kill();
    await agent.start();
    assertEquals(await agent.get("/v1/agent/services"), {});
    const start = performance.now();
    await held(agent);
    const took = performance.now() - start;
    assert(took < 10_000, `registered again after ${took} ms`);
    await lease.release();
    assertStringIncludes(
      logger.lines.join("\n"),
      `is registered again in Consul at ${agent.address}, which had lost it`,
    );
  },
);

needs(
  CONSUL_PERMISSIONS,
  "two leases on one ID: the loser reports it, does not overwrite, and returns when the ID is free",
  async () => {
    await using agent = await startConsul();
    const logger = recordingLogger();
    const registry = consul(agent.address);
    const loser = registry.register(ECHO, logger);
    await loser.registered;
    const winner = registry.register(ECHO, recordingLogger());
    await winner.registered;
    const holder = (await held(agent)).Meta[LEASE_KEY];

    const error = await until(() => logger.lines.find((line) => line.startsWith("error")), "the loser says so");
    assertStringIncludes(error, `Consul ID "${ID}" was taken over by another process`);
    await new Promise((done) => setTimeout(done, 3500)); // past the loser's next look
    assertEquals((await held(agent)).Meta[LEASE_KEY], holder, "the winner keeps it");
    assertEquals(logger.lines.filter((line) => line.startsWith("error")).length, 1);

    await winner.release();
    const back = await held(agent);
    assert(back.Meta[LEASE_KEY] !== holder);
    await loser.release();
    assertEquals(await agent.get("/v1/agent/services"), {});
  },
);

needs(
  CONSUL_PERMISSIONS,
  "a lease that lost its ID leaves the other's registration alone when it is released",
  async () => {
    await using agent = await startConsul();
    const registry = consul(agent.address);
    const loser = registry.register(ECHO, recordingLogger());
    await loser.registered;
    const winner = registry.register(ECHO, recordingLogger());
    await winner.registered;
    await loser.release(); // before it has noticed
    assertEquals(Object.keys(await agent.get("/v1/agent/services")), [ID]);
    await winner.release();
  },
);

needs(CONSUL_PERMISSIONS, "release() right after register() leaves nothing in Consul", async () => {
  await using agent = await startConsul();
  for (let i = 0; i < 20; i++) {
    const lease = consul(agent.address).register(ECHO, recordingLogger());
    if (i % 2) await new Promise((done) => setTimeout(done, i / 4));
    await Promise.all([lease.release(), lease.release()]);
    await lease.registered;
    assertEquals(await agent.get("/v1/agent/services"), {}, `round ${i}`);
  }
});

needs(CONSUL_PERMISSIONS, "release() gives up after 2 s when the agent hangs", async () => {
  await using agent = await startConsul();
  const logger = recordingLogger();
  const lease = consul(agent.address).register(ECHO, logger);
  await lease.registered;
  agent.pause();
  const start = performance.now();
  await lease.release();
  const took = performance.now() - start;
  assert(took > 1900 && took < 4500, `gave up after ${took} ms`);
  assertStringIncludes(logger.lines.at(-1)!, `warn: Consul at ${agent.address} does not answer`);
  assertStringIncludes(logger.lines.at(-1)!, "is not deregistered");
});

needs(
  CONSUL_PERMISSIONS,
  "release() of a lease that was never registered returns at once and resolves registered",
  async () => {
    await using agent = await startConsul({ running: false });
    const logger = recordingLogger();
    const lease = consul(agent.address).register(ECHO, logger);
    await until(() => logger.lines.length > 0, "the failure is logged");
    const start = performance.now();
    await lease.release();
    await lease.registered;
    assert(performance.now() - start < 1900); // 2 s are the limit of one that waits
  },
);
