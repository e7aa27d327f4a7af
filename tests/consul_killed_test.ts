import { assertEquals, assertStringIncludes } from "@std/assert";
import { consul } from "../registry/consul/consul.ts";
import { startChild } from "./child.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const script = new URL("registered_server.ts", import.meta.url);

/** Starts a server that Consul checks and lists, and kills it. The server's check, as the agent has it. */
async function killed(agent: ConsulAgent) {
  await using server = startChild(script, { agent: agent.address });
  const address = await server.line();
  let listed: string[] = [];
  const watch = consul(agent.address, { grace: 0 }).watch("echoservice", (one) => {
    listed = "instances" in one ? one.instances.map(({ address }) => address) : [];
  }, recordingLogger());
  await until(() => listed[0] === address, "it is listed");
  const check = async () => (await agent.get("/v1/agent/checks"))[`service:echoservice:${address}`];
  const passing: string = await until(async () => (await check()).Output || undefined, "it is checked");
  await server.kill();
  await until(() => listed.length === 0, "it is not listed");
  watch.close();
  return { passing, check };
}

needs(
  CONSUL_PERMISSIONS,
  "a killed server fails its check in Consul, and its clients move to other instances",
  async () => {
    await using agent = await startConsul();
    const { passing, check } = await killed(agent);
    assertStringIncludes(passing, `200 OK Output: {"service":"echoservice","status":"serving"`);
    const { Status, Output } = await check();
    assertEquals(Status, "critical");
    assertStringIncludes(Output, "connection refused");
  },
);

// Consul reaps after a minute at least, and looks every 30 seconds.
const env = { name: "env", variable: "DINOKIT_LONG_TESTS" } as const;
const long = Deno.permissions.querySync(env).state === "granted" && Deno.env.has(env.variable);
Deno.test({
  name: `a server that is killed is reaped by Consul${
    long ? "" : " (ignored: takes 2 minutes, needs DINOKIT_LONG_TESTS=1)"
  }`,
  ignore: !long,
  async fn() {
    await using agent = await startConsul();
    const { check } = await killed(agent);
    await until(async () => await check() === undefined, "Consul reaps it", 120_000);
  },
});
