import { assert, assertEquals } from "@std/assert";
import { consul } from "../registry/consul/consul.ts";
import { bootstrap, CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const ECHO = { name: "echoservice", address: "127.0.0.1:21010" };
type Entry = Record<string, unknown>;
const ID = "echoservice:127.0.0.1:21010";

/** The states of the checks of `echoservice` in the catalog, which clients see. */
const states = async (agent: ConsulAgent, token?: string) => {
  const checks: Entry[] = await agent.get("/v1/health/checks/echoservice", token);
  return checks.map(({ CheckID, Status }) => `${String(CheckID).split(":")[0]} ${Status}`).sort();
};

needs(
  CONSUL_PERMISSIONS,
  "consul().register() registers again by a new token, so that revoking the old one does no harm",
  async () => {
    await using agent = await startConsul({ config: { acl: { enabled: true, default_policy: "deny" } } });
    const root = await bootstrap(agent);
    const put = async (path: string, body?: unknown, method = "PUT") => {
      const request = {
        method,
        headers: { "x-consul-token": root },
        body: body && JSON.stringify(body),
      } as RequestInit;
      return (await fetch(`http://${agent.address}/v1/${path}`, request)).json();
    };
    await put("acl/policy", {
      Name: "all",
      Rules: `service_prefix "" { policy = "write" } node_prefix "" { policy = "read" }`,
    });
    const newToken = () => put("acl/token", { Policies: [{ Name: "all" }] });
    let status = 200;
    const respond = () => new Response("", { status });
    await using health = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);

    const [old, next] = [await newToken(), await newToken()];
    const tokenFile = await Deno.makeTempFile();
    await Deno.writeTextFile(tokenFile, old.SecretID);
    const logger = recordingLogger();
    const registry = consul(agent.address, { tokenFile, checkInterval: 1000 });
    const lease = registry.register({ ...ECHO, healthUrl: `http://127.0.0.1:${health.addr.port}/` }, logger);
    await lease.registered;
    await Deno.writeTextFile(tokenFile, `${next.SecretID}\n`);
    await until(() => logger.lines.some((line) => line.includes("with its new token")), "it is registered again");
    await put(`acl/token/${old.AccessorID}`, undefined, "DELETE");
    status = 503;
    await until(async () => (await states(agent, root)).join() === "service critical", "its failing is seen");
    await lease.release();
    assertEquals(await agent.get("/v1/agent/services", root), {});
    await Deno.remove(tokenFile);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().register() leaves a failing check and an operator's maintenance as they are when it registers again",
  async () => {
    await using agent = await startConsul();
    const respond = () => new Response("", { status: 503 });
    await using health = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
    let token = "3b0e9f6c";
    const registry = consul(agent.address, { token: () => token, checkInterval: 1000 });
    const logger = recordingLogger();
    const lease = registry.register({ ...ECHO, healthUrl: `http://127.0.0.1:${health.addr.port}/` }, logger);
    await lease.registered;
    const url = `http://${agent.address}/v1/agent/service/maintenance/${ID}?enable=true&reason=disk`;
    await (await fetch(url, { method: "PUT" })).text();
    const wanted = ["_service_maintenance critical", "service critical"];
    await until(async () => (await states(agent)).join() === wanted.join(), "it fails");
    token = "5d7a1c2e";
    await until(() => logger.lines.some((line) => line.includes("with its new token")), "it is registered again");
    for (let i = 0; i < 20; i++) assertEquals(await states(agent), wanted);
    await lease.release();
  },
);

needs(CONSUL_PERMISSIONS, "maintain() leads clients away at once, and back; over a restart of Consul too", async () => {
  await using agent = await startConsul();
  const listed: number[] = [];
  const watch = consul(agent.address, { grace: 0 }).watch("echoservice", (one) => {
    if ("instances" in one) listed.push(one.instances.length);
  }, recordingLogger());
  const logger = recordingLogger();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  const lease = consul(agent.address, { checkInterval: 1000 }).register({ ...ECHO, address }, logger);
  await until(() => listed.at(-1) === 1, "it is listed");
  const start = performance.now();
  lease.maintain!("a new disk");
  await until(() => listed.at(-1) === 0, "it is listed no more");
  assert(performance.now() - start < 2500); // the next look would be after 3 s
  const checks: Entry[] = await agent.get("/v1/health/checks/echoservice");
  assertEquals(checks.find(({ Status }) => Status === "critical")!.Notes, "a new disk");

  await agent.kill();
  // A query with an index of the old agent's, sent just after the new one began, would wait for its whole minute.
  await until(() => watch.state!.failures > 0, "the watch notices");
  await agent.start();
  const both = ["_service_maintenance critical", "service passing"];
  await until(async () => (await states(agent)).join() === both.join(), "both are back");
  assertEquals(listed.filter((count) => count > 0), [1], "no client was led back meanwhile");
  lease.maintain!(undefined);
  await until(() => listed.at(-1) === 1, "it is listed again", 20_000); // the watch may pause for 10 s
  await until(() => logger.lines.some((line) => line.includes("is back from maintenance")), "the log says so");
  watch.close();
  await lease.release();
  assertEquals(await agent.get("/v1/agent/services"), {});
  const lines = logger.lines.filter((line) => line.includes("maintenance"));
  assertEquals(lines, [
    `info: service "echoservice" is in maintenance: a new disk`,
    `info: service "echoservice" is in maintenance: a new disk`,
    `info: service "echoservice" is back from maintenance`,
  ]);
});

/** A port that leads to an agent, or from some moment on to another: as a name does that is given a new address. */
function leadingTo(agent: ConsulAgent) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const relay = {
    address: `127.0.0.1:${listener.addr.port}`,
    /** Leads to another agent, and cuts what leads to the first. */
    moved(to: ConsulAgent) {
      agent = to;
      for (const one of open) {
        try {
          one.close();
        } catch {
          // its peer has closed it
        }
      }
      open.clear();
    },
    [Symbol.dispose]: () => (listener.close(), relay.moved(agent)),
  };
  (async () => {
    for await (const one of listener) {
      const other = await Deno.connect({ hostname: "127.0.0.1", port: Number(agent.address.split(":")[1]) });
      for (const [from, to] of [[one, other], [other, one]] as const) {
        open.add(from);
        from.readable.pipeTo(to.writable).catch(() => {}).finally(() => open.delete(from));
      }
    }
  })();
  return relay;
}

needs(
  CONSUL_PERMISSIONS,
  "consul() follows an agent that moved: registered there within 10 s, and watched there",
  async () => {
    await using here = await startConsul();
    await using there = await startConsul();
    using relay = leadingTo(here);
    const registry = consul(relay.address);
    const lease = registry.register(ECHO, recordingLogger());
    await lease.registered;
    const told: string[] = [];
    const watch = registry.watch("echoservice", (one) => {
      if ("instances" in one) told.push(one.instances.map(({ address }) => address).join());
    }, recordingLogger());
    await until(() => told.length > 0 && told.at(-1) !== "", "it is listed");
    const before = told.length;
    relay.moved(there);
    const start = performance.now();
    await until(async () => (await there.get("/v1/agent/services"))[ID], "it is registered there");
    assert(performance.now() - start < 10_000);
    const body = JSON.stringify({ Name: "echoservice", ID: "2", Address: "127.0.0.1", Port: 21011 });
    await (await fetch(`http://${there.address}/v1/agent/service/register`, { method: "PUT", body })).text();
    await until(() => told.length > before, "a change there is told", 20_000);
    assertEquals(told.at(-1), "127.0.0.1:21010,127.0.0.1:21011");
    watch.close();
    await lease.release();
  },
);
