import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { consul } from "../registry/consul/consul.ts";
import type { Registration, Resolution } from "../registry/registry.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

interface Server extends AsyncDisposable {
  address: string;
  release(): Promise<void>;
}

/** A port that accepts, registered and listed by Consul; it lives as long as the scope of `await using`. */
async function serving(agent: ConsulAgent, more: Partial<Registration> = {}): Promise<Server> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const address = `127.0.0.1:${port}`;
  const registry = consul(agent.address, { checkInterval: 1000 });
  const lease = registry.register({ name: "echoservice", address, ...more }, recordingLogger());
  // The agent answers before it has announced its servers.
  await until(async () => {
    const list: { Service: { Port: number } }[] = await agent.get("/v1/health/service/echoservice?passing=1");
    return list.some(({ Service }) => Service.Port === port);
  }, `Consul lists port ${port}`);
  const release = () => lease.release();
  return { address, release, [Symbol.asyncDispose]: () => release().then(() => listener.close()) };
}

/** Watches `echoservice`, and records what the listener receives: the addresses, or the error. */
function watching(agent: ConsulAgent, options = {}) {
  const logger = recordingLogger();
  const told: string[][] = [];
  const resolutions: Resolution[] = [];
  const watch = consul(agent.address, options).watch("echoservice", (one) => {
    resolutions.push(one);
    told.push("error" in one ? [one.error.message] : one.instances.map(({ address }) => address));
  }, logger);
  return { told, resolutions, logger, [Symbol.dispose]: () => watch.close() };
}

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() reports the passing instances first, then each change at once, without polling",
  async () => {
    await using agent = await startConsul();
    await using one = await serving(agent, { weight: 3, tags: { zone: "a" }, meta: { team: "blue" } });
    using watch = watching(agent);
    await until(() => watch.told.length === 1, "the first list");
    assertEquals(watch.resolutions, [{
      instances: [{
        address: one.address,
        weight: 3,
        tags: new Map([["zone", "a"]]),
        meta: new Map([["team", "blue"]]),
      }],
    }]);

    await using two = await serving(agent);
    let start = performance.now();
    await until(() => watch.told.length === 2, "the second server appears");
    const appeared = performance.now() - start;
    await one.release();
    start = performance.now();
    await until(() => watch.told.length === 3, "the first server disappears");
    const disappeared = performance.now() - start;
    assertEquals(watch.told, [[one.address], [one.address, two.address].sort(), [two.address]]);
    assert(appeared < 2000 && disappeared < 2000, `seen after ${appeared} and ${disappeared} ms`);
  },
);

needs(CONSUL_PERMISSIONS, "consul().watch() leaves out instances that fail their check", async () => {
  await using agent = await startConsul();
  let status = 200;
  const respond = () => new Response(null, { status });
  await using health = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  await using steady = await serving(agent);
  await using changing = await serving(agent, { healthUrl: `http://127.0.0.1:${health.addr.port}/` });
  using watch = watching(agent);
  await until(() => watch.told.length === 1, "both pass");
  for (const failing of [503, 429]) { // 429 is a warning for Consul
    status = failing;
    await until(() => watch.told.at(-1)?.length === 1, `${failing}: one is left`);
    status = 200;
    await until(() => watch.told.at(-1)?.length === 2, "both pass again");
  }
  const both = [changing.address, steady.address].sort();
  assertEquals(watch.told, [both, [steady.address], both, [steady.address], both]);
});

needs(CONSUL_PERMISSIONS, "consul().watch() reports an empty list at once if it never had another", async () => {
  await using agent = await startConsul();
  using watch = watching(agent);
  const start = performance.now();
  await until(() => watch.told.length > 0, "the first list");
  assert(performance.now() - start < 10_000); // the grace is 30 s
  assertEquals(watch.told, [[]]);
  assertEquals(watch.logger.lines, []);
  const why = `none passes its check in Consul at ${agent.address}; is the server running and registered?`;
  assertEquals(watch.resolutions[0], { instances: [], why });
});

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() keeps the last list for the grace period if the list becomes empty, and logs it",
  async () => {
    await using agent = await startConsul();
    await using server = await serving(agent);
    using watch = watching(agent, { grace: 1000 });
    await until(() => watch.told.length === 1, "the list");
    const start = performance.now();
    await server.release();
    await until(() => watch.told.length === 2, "the empty list");
    const kept = performance.now() - start;
    assert(kept > 990 && kept < 5000, `kept for ${kept} ms`);
    assertEquals(watch.told, [[server.address], []]);
    assertEquals(watch.logger.lines, [
      `warn: Consul at ${agent.address} lists none of service "echoservice" that passes; ` +
      `the last list of service "echoservice", of 1, is kept for up to 1000 ms`,
      `warn: the last list of service "echoservice", of 1, was kept for 1000 ms and is given up`,
    ]);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() keeps its list over a restart that loses all, and sees changes after",
  async () => {
    await using agent = await startConsul();
    await using one = await serving(agent);
    using watch = watching(agent);
    await until(() => watch.told.length === 1, "the list");
    await agent.kill();
    const warning = await until(() => watch.logger.lines[0], "the failure is logged");
    assertStringIncludes(warning, `warn: Consul at ${agent.address}`);
    assertStringIncludes(warning, `the last list of service "echoservice", of 1, is kept`);
    await agent.start();
    const listed = `info: Consul at ${agent.address} lists service "echoservice" again`;
    await until(() => watch.logger.lines.includes(listed), "the server is listed again", 20_000);
    assertEquals(watch.told, [[one.address]], "nothing changed for the client");

    await using two = await serving(agent);
    await until(() => watch.told.length === 2, "a change is seen");
    assertEquals(watch.told[1], [one.address, two.address].sort());
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watch() reports the reason for a missing list while Consul is down, then the list",
  async () => {
    await using agent = await startConsul({ running: false });
    using watch = watching(agent);
    await until(() => watch.told.length === 1, "the error");
    assertStringIncludes(watch.told[0]![0]!, `Consul at ${agent.address} is down: connect ECONNREFUSED`);
    await agent.start();
    await using server = await serving(agent);
    await until(() => watch.told.at(-1)?.[0] === server.address, "the list", 15_000);
    assertEquals(watch.logger.lines.length, 2, watch.logger.lines.join("\n"));
  },
);

needs(CONSUL_PERMISSIONS, "consul().watch() reports a change within 200 ms of its arrival in Consul", async () => {
  await using agent = await startConsul();
  let toldAt = 0;
  let known = 0;
  const watch = consul(agent.address).watch("echoservice", (one) => {
    known = "error" in one ? -1 : one.instances.length;
    toldAt = performance.now();
  }, recordingLogger());
  const took: number[] = [];
  for (let i = 1; i <= 20; i++) {
    const body = JSON.stringify({ Name: "echoservice", ID: `${i}`, Address: "127.0.0.1", Port: i });
    const response = await fetch(`http://${agent.address}/v1/agent/service/register`, { method: "PUT", body });
    await response.text();
    const knownAt = performance.now();
    await until(() => known === i, `${i} are listed`);
    took.push(toldAt - knownAt);
  }
  watch.close();
  took.sort((a, b) => a - b);
  // Half of them, for this machine may have other things to do.
  assert(took[10]! < 200, `after ${took.map(Math.round)} ms`);
});

needs(CONSUL_PERMISSIONS, "close() ends a waiting query at once, and reports nothing more", async () => {
  await using agent = await startConsul();
  const told: Resolution[] = [];
  const watch = consul(agent.address).watch("echoservice", (one) => told.push(one), recordingLogger());
  await until(() => told.length === 1, "the first list");
  await new Promise((done) => setTimeout(done, 150)); // so that the next query waits in Consul
  watch.close();
  watch.close();
  await using _server = await serving(agent);
  assertEquals(told.length, 1);
});
