import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { consul, createServer } from "../../mod.ts";
import { startConsul } from "../consul.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS, dinokit, startDinokit } from "./dinokit.ts";

/** A server that is registered by the end of it. */
async function register(agent: string, options: { weight?: number; tags?: Record<string, string> }) {
  const server = createServer({
    name: "kinds",
    address: "127.0.0.1:0",
    health: { address: "127.0.0.1:0" },
    registry: consul(agent),
    drainDelay: 0,
    ...options,
  });
  server.add(Kinds, kindsHandlers());
  await server.start();
  return server;
}

needs(CLI_PERMISSIONS, "dinokit finds services in Consul, shows them all, and follows their changes", async () => {
  await using agent = await startConsul();
  const flags = ["--consul", agent.address];
  await using watch = startDinokit(["watch", "consul:kinds", ...flags]);
  assertMatch(await watch.line(), /^\S+ ! no instance of kinds: none passes its check/);

  await using first = await register(agent.address, { weight: 7, tags: { zone: "a" } });
  assertMatch(await watch.line(), new RegExp(` \\+ ${first.address} weight=7 zone:a$`));
  await using lines = startDinokit(["watch", "kinds", "--json", ...flags]);
  const { time, meta, ...added } = JSON.parse(await lines.line());
  assertEquals(added, { change: "added", address: first.address, weight: 7, tags: ["zone:a"] });
  assertEquals([typeof meta, new Date(time).toISOString()], ["object", time]);
  const second = await register(agent.address, {});
  assertEquals(JSON.parse(await lines.line()).address, second.address);
  assertMatch(await watch.line(), new RegExp(` \\+ ${second.address} weight=10$`));

  const call = [
    "call",
    "consul:kinds",
    "dinokit.test.Kinds/Unary",
    '{"text":"x"}',
    "--proto",
    "tests/proto/kinds.proto",
  ];
  assertEquals((await dinokit([...call, ...flags])).stdout, '{"text":"x"}\n');
  const health = await dinokit(["health", "consul:kinds", ...flags]);
  const all = [first.address, second.address].sort();
  assertEquals(health, { code: 0, stdout: all.map((one) => `${one} SERVING\n`).join(""), stderr: "" });
  const { stdout } = await dinokit(["health", "consul:kinds", "--json", ...flags]);
  assertEquals(JSON.parse(stdout), all.map((address) => ({ address, status: "SERVING", code: 0 })));

  second.maintenance("for a test");
  assertMatch(await watch.line(), new RegExp(` - ${second.address}$`));
  // It asks for no more than the agent, and shows the one that is led away from as well.
  const list = await dinokit(["list", ...flags], { flags: [`--allow-net=${agent.address}`] });
  const env = { CONSUL_HTTP_ADDR: `http://${agent.address}` };
  assertEquals(await dinokit(["list", "--consul"], { env }), list);
  const rows = list.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(rows[0], ["SERVICE", "INSTANCE", "HEALTH", "WEIGHT", "NODE", "TAGS"]);
  const found = rows.map(([name, address, state, weight, , tags]) => [name, address, state, weight, tags ?? ""]);
  const expected = [["kinds", first.address, "passing", "7", "zone:a"], [
    "kinds",
    second.address,
    "maintenance",
    "10",
    "",
  ]];
  assertEquals(found.slice(-2), expected.sort(([, a], [, b]) => a! < b! ? -1 : 1));

  const json = JSON.parse((await dinokit(["list", "--json", ...flags])).stdout);
  const { instances } = json.find(({ name }: { name: string }) => name === "kinds");
  const [node] = instances.map((one: { node: string }) => one.node);
  const of = (address: string, health: string, weight: number, tags: string[]) => ({
    address,
    node,
    health,
    weight,
    tags,
  });
  const shown = [of(first.address, "passing", 7, ["zone:a"]), of(second.address, "maintenance", 10, [])];
  assertEquals(instances, shown.sort((a, b) => a.address < b.address ? -1 : 1));

  await second.stop();
  assertEquals(await watch.interrupt(), 0);
});

needs(
  CLI_PERMISSIONS,
  "dinokit list --consul shows all names in Consul, even those that no URL can hold",
  async () => {
    await using agent = await startConsul();
    const odd = ["..", ".", "a//b", "a\nb"];
    for (const Name of ["echoservice", "a/b", "ä b", ...odd]) {
      const body = JSON.stringify({ Name, ID: encodeURIComponent(Name), Port: 8888 });
      await (await fetch(`http://${agent.address}/v1/agent/service/register`, { method: "PUT", body })).text();
    }
    const { code, stdout } = await dinokit(["list", "--consul", agent.address, "--json"]);
    assertEquals(code, 0);
    const services: { name: string; instances: { address: string }[]; error?: string }[] = JSON.parse(stdout);
    const of = (name: string) => services.find((service) => service.name === name);
    for (const name of ["echoservice", "a/b", "ä b"]) {
      assertEquals(of(name)?.instances.map(({ address }) => address), ["127.0.0.1:8888"], name);
    }
    for (const name of odd) assertMatch(of(name)!.error!, /^Consul at \S+ answered (301|40[04])/, name);
    const { stdout: table } = await dinokit(["list", "--consul", agent.address]);
    assertMatch(table, /^echoservice +127\.0\.0\.1:8888 +passing/m);
    assertMatch(table, /^\.\. +unknown +Consul at \S+ answered 301/m);
  },
);

needs(CLI_PERMISSIONS, "dinokit reports a service that Consul does not know, and a Consul that is down", async () => {
  await using agent = await startConsul();
  const flags = ["--consul", agent.address];
  const proto = ["--proto", "tests/proto/kinds.proto"];
  const call = await dinokit(["call", "consul:kindz", "dinokit.test.Kinds/Unary", ...flags, ...proto]);
  assertEquals(call.code, 78);
  assertStringIncludes(call.stderr, "no instance of kindz is known: none passes its check in Consul");
  assertStringIncludes(call.stderr, `next:  dinokit list --consul ${agent.address}\n`);
  const health = await dinokit(["health", "consul:kindz", ...flags]);
  assertEquals(health.code, 78);
  assertStringIncludes(health.stderr, "no instance of kindz is known: none passes its check in Consul");
  assertStringIncludes(health.stderr, `next:  dinokit list --consul ${agent.address}`);
  const nowhere = await dinokit(["list", ...flags, "--datacenter", "nowhere"]);
  assertMatch(nowhere.stderr, /next: {2}name a datacenter that Consul knows: --datacenter NAME/);
  const may = await dinokit(["list", ...flags], { flags: [] });
  assertMatch(may.stderr, /^error: .*Requires net access to \S+, run again with the --allow-net flag\n$/);
  const tokenless = ["--consul-token-file", "/none"];
  for (const args of [["list"], ["watch", "kinds"], ["call", "consul:kinds", "a.B/C"], ["health", "consul:kinds"]]) {
    const { code, stderr } = await dinokit([...args, ...flags, ...tokenless]);
    assertEquals([code, stderr], [2, "error: --consul-token-file: there is no file /none\n"], args[0]);
  }
  await agent.kill();
  await until(async () => (await dinokit(["list", ...flags])).code === 1, "list fails");
  const down = await dinokit(["list", ...flags]);
  assertMatch(down.stderr, /^error: Consul at \S+ is down: .*\nnext: {2}.*--consul HOST:PORT/);
  const dead = await dinokit(["health", "consul:kinds", ...flags]);
  assertEquals(dead.code, 78);
  assertMatch(dead.stderr, /is down: .*\nnext: {2}say where Consul is: --consul HOST:PORT/);
  const { code, stdout } = await dinokit(["health", "consul:kinds", "--json", ...flags]);
  const [{ error, ...told }] = JSON.parse(stdout);
  assertEquals([code, told], [78, { address: "consul:kinds", code: 78 }]);
  assertMatch(error, /^UNAVAILABLE: no instance of kinds is known: Consul at \S+ is down/);
  const gone = await dinokit(["call", "consul:kinds", "dinokit.test.Kinds/Unary", ...flags, ...proto]);
  assertMatch(gone.stderr, /is down: .*\nnext: {2}say where Consul is: --consul HOST:PORT/);
});

needs(CLI_PERMISSIONS, "dinokit watch reports when Consul answers again", async () => {
  await using agent = await startConsul({ running: false });
  await using watch = startDinokit(["watch", "kinds", "--consul", agent.address]);
  assertMatch(await watch.line(), /^\S+ ! Consul at \S+ is down/);
  await agent.start();
  assertMatch(await watch.line(), /^\S+ = Consul answers again$/);
  assertMatch(await watch.line(), /^\S+ ! no instance of kinds/);
});
