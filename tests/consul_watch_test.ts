import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { consul } from "../registry/consul.ts";
import type { Registration, Resolution } from "../registry/registry.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

/** Registers a server that lives as long as the scope of `await using`, and waits until Consul lists it. */
async function serving(agent: ConsulAgent, port: number, more: Partial<Registration> = {}) {
  const registration = { name: "echoservice", address: `127.0.0.1:${port}`, ...more };
  const lease = consul(agent.address, { checkInterval: 1000 }).register(registration, recordingLogger());
  // The agent answers before it has told its servers.
  await until(async () => {
    const list: { Service: { Port: number } }[] = await agent.get("/v1/health/service/echoservice?passing=1");
    return list.some(({ Service }) => Service.Port === port);
  }, `Consul lists port ${port}`);
  return { release: () => lease.release(), [Symbol.asyncDispose]: () => lease.release() };
}

/** Watches `echoservice`, and keeps what it is told: the addresses, or the error. */
function watching(registry: ReturnType<typeof consul>) {
  const logger = recordingLogger();
  const told: string[][] = [];
  const resolutions: Resolution[] = [];
  const watch = registry.watch("echoservice", (one) => {
    resolutions.push(one);
    told.push("error" in one ? [one.error.message] : one.instances.map(({ address }) => address));
  }, logger);
  return { told, resolutions, logger, [Symbol.dispose]: () => watch.close() };
}

needs(CONSUL_PERMISSIONS, "consul().watch() tells what passes at first, then each change within 250 ms", async () => {
  await using agent = await startConsul();
  const registry = consul(agent.address);
  await using one = await serving(agent, 1, { weight: 3, tags: { zone: "a" } });
  using watch = watching(registry);
  await until(() => watch.told.length === 1, "the first list");
  assertEquals(watch.resolutions, [{
    instances: [{ address: "127.0.0.1:1", weight: 3, tags: new Map([["zone", "a"]]) }],
  }]);

  let start = performance.now();
  await using _two = await serving(agent, 2);
  await until(() => watch.told.length === 2, "the second server appears");
  const appeared = performance.now() - start;
  await new Promise((done) => setTimeout(done, 150)); // so that the next query waits in Consul
  start = performance.now();
  await one.release();
  await until(() => watch.told.length === 3, "the first server disappears");
  const disappeared = performance.now() - start;
  assertEquals(watch.told, [["127.0.0.1:1"], ["127.0.0.1:1", "127.0.0.1:2"], ["127.0.0.1:2"]]);
  assert(appeared < 250 && disappeared < 250, `seen after ${appeared} and ${disappeared} ms`);
});

needs(CONSUL_PERMISSIONS, "consul().watch() leaves out what does not pass its check", async () => {
  await using agent = await startConsul();
  const registry = consul(agent.address);
  let status = 200;
  const respond = () => new Response(null, { status });
  await using health = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  const healthUrl = `http://127.0.0.1:${health.addr.port}/`;
  await using _changing = await serving(agent, 1, { healthUrl });
  using open = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using _steady = await serving(agent, open.addr.port);
  using watch = watching(registry);
  await until(() => watch.told.length === 1, "both pass");
  for (const failing of [503, 429]) { // 429 is a warning for Consul
    status = failing;
    await until(() => watch.told.at(-1)?.length === 1, `${failing}: one is left`);
    status = 200;
    await until(() => watch.told.at(-1)?.length === 2, "both pass again");
  }
  const steady = `127.0.0.1:${open.addr.port}`;
  const both = ["127.0.0.1:1", steady];
  assertEquals(watch.told, [both, [steady], both, [steady], both]);
});

needs(CONSUL_PERMISSIONS, "consul().watch() tells an empty list at once if it never had another", async () => {
  await using agent = await startConsul();
  using watch = watching(consul(agent.address));
  const start = performance.now();
  await until(() => watch.told.length > 0, "the first list");
  assert(performance.now() - start < 1000);
  assertEquals(watch.told, [[]]);
  assertEquals(watch.logger.lines, []);
});

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() keeps the last list for the grace when there is none, and says so",
  async () => {
    await using agent = await startConsul();
    const registry = consul(agent.address, { grace: 1000 });
    await using lease = await serving(agent, 1);
    using watch = watching(registry);
    await until(() => watch.told.length === 1, "the list");
    await lease.release();
    const start = performance.now();
    await until(() => watch.told.length === 2, "the empty list");
    const kept = performance.now() - start;
    assert(kept > 950 && kept < 1500, `kept for ${kept} ms`);
    assertEquals(watch.told, [["127.0.0.1:1"], []]);
    assertEquals(watch.logger.lines, [
      `warn: Consul at ${agent.address} lists none of service "echoservice" that passes; ` +
      `the last list of service "echoservice", of 1, is kept for up to 1000 ms`,
      `warn: the last list of service "echoservice", of 1, was kept for 1000 ms and is given up`,
    ]);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() keeps the list over a restart that loses all, and sees changes after it",
  async () => {
    await using agent = await startConsul();
    const registry = consul(agent.address);
    await using _lease = await serving(agent, 1);
    using watch = watching(registry);
    await until(() => watch.told.length === 1, "the list");
    await agent.kill();
    await until(() => watch.logger.lines.length > 0, "the failure is logged");
    assertStringIncludes(watch.logger.lines[0]!, `warn: Consul at ${agent.address}`);
    assertStringIncludes(
      watch.logger.lines[0]!,
      `the last list of service "echoservice", of 1, is kept for up to 30000 ms`,
    );
    await agent.start();
    await until(() => watch.logger.lines.some((line) => line.endsWith("again")), "the server is listed again", 20_000);
    assertEquals(watch.told, [["127.0.0.1:1"]], "nothing changed for the client");

    await using _second = await serving(agent, 2);
    await until(() => watch.told.length === 2, "a change is seen");
    assertEquals(watch.told[1], ["127.0.0.1:1", "127.0.0.1:2"]);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() tells why it knows nothing while Consul is down, then the list",
  async () => {
    await using agent = await startConsul({ running: false });
    const registry = consul(agent.address);
    using watch = watching(registry);
    await until(() => watch.told.length === 1, "the error");
    assertStringIncludes(watch.told[0]![0]!, `Consul at ${agent.address} is down: connect ECONNREFUSED`);
    await agent.start();
    await using _lease = await serving(agent, 1);
    await until(() => watch.told.at(-1)?.[0] === "127.0.0.1:1", "the list", 15_000);
    assertEquals(watch.logger.lines.length, 2, watch.logger.lines.join("\n"));
  },
);

needs(CONSUL_PERMISSIONS, "close() ends a query that waits, at once, and tells nothing more", async () => {
  await using agent = await startConsul();
  const registry = consul(agent.address);
  const told: Resolution[] = [];
  const watch = registry.watch("echoservice", (one) => told.push(one), recordingLogger());
  await until(() => told.length === 1, "the first list");
  await new Promise((done) => setTimeout(done, 150)); // so that the next query waits in Consul
  watch.close();
  watch.close();
  await using lease = await serving(agent, 1);
  await lease.release();
  assertEquals(told.length, 1);
});
