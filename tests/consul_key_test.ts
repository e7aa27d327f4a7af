import { assertEquals, assertStringIncludes } from "@std/assert";
import { consul, type ConsulOptions } from "../registry/consul/consul.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

const KEY = "dinokit/echoservice";

/** Sets a key, or removes it. */
async function put(agent: ConsulAgent, value?: BodyInit): Promise<void> {
  const request = value === undefined ? { method: "DELETE" } : { method: "PUT", body: value };
  const response = await fetch(`http://${agent.address}/v1/kv/${KEY}`, request);
  assertEquals(await response.json(), true);
}

/** Watches the key, and records the values that the listener receives. */
function watching(address: string, options: ConsulOptions = {}) {
  const logger = recordingLogger();
  const told: (string | undefined)[] = [];
  const watch = consul(address, options).watchKey(KEY, (text) => void told.push(text), logger);
  return { told, logger, watch, [Symbol.dispose]: () => watch.close() };
}

needs(
  CONSUL_PERMISSIONS,
  "consul().watchKey() reports a missing key, each change of its value, and its deletion",
  async () => {
    await using agent = await startConsul();
    using watch = watching(agent.address);
    await until(() => watch.told.length === 1, "there is no such key");
    for (const value of ["retry:\n  attempts: 3\n", "", "\u{1F995}", undefined]) {
      const told = watch.told.length;
      await put(agent, value);
      await until(() => watch.told.length === told + 1, `${JSON.stringify(value)} is told`);
    }
    assertEquals(watch.told, [undefined, "retry:\n  attempts: 3\n", "", "\u{1F995}", undefined]);
    assertEquals(watch.logger.lines, []);
    assertEquals(watch.watch.state!.failures, 0);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watchKey() delivers a value that is not valid UTF-8 at once, and the next value too",
  async () => {
    await using agent = await startConsul();
    await put(agent, new Uint8Array([0xff, 0x31]));
    using watch = watching(agent.address);
    await until(() => watch.told.at(-1) === "\ufffd1", "the value");
    await put(agent, "1");
    await until(() => watch.told.at(-1) === "1", "the next value");
    assertEquals([watch.watch.state!.failures, watch.logger.lines], [0, []]);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watchKey() is silent about the changes of other keys and of the same value",
  async () => {
    await using agent = await startConsul();
    await put(agent, "1");
    using watch = watching(agent.address);
    await until(() => watch.told.length === 1, "the value");
    await fetch(`http://${agent.address}/v1/kv/${KEY}2`, { method: "PUT", body: "other" }).then((one) => one.text());
    await put(agent, "1");
    await put(agent, "2");
    await until(() => watch.told.at(-1) === "2", "the change");
    assertEquals(watch.told, ["1", "2"]);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "consul().watchKey() keeps the last value while Consul is down, and logs it once",
  async () => {
    await using agent = await startConsul();
    await put(agent, "1");
    using watch = watching(agent.address, { grace: 0 });
    await until(() => watch.told.length === 1, "the value");
    await agent.kill();
    await until(() => watch.watch.state!.failures >= 3, "some queries fail");
    assertEquals(watch.told, ["1"]);
    const warnings = watch.logger.lines.filter((line) =>
      line.includes(`the last value of key "${KEY}" holds meanwhile`)
    );
    assertEquals(warnings.length, watch.logger.lines.length);
    await agent.start(); // with lost state
    await until(() => watch.told.at(-1) === undefined, "the key is lost");
    await put(agent, "2");
    await until(() => watch.told.at(-1) === "2", "the new value");
    assertStringIncludes(watch.logger.lines.at(-1)!, `answers again about key "${KEY}"`);
  },
);

needs(CONSUL_PERMISSIONS, "consul().watchKey() names the permission that its token lacks", async () => {
  await using agent = await startConsul({ config: { acl: { enabled: true, default_policy: "deny" } } });
  using watch = watching(agent.address, { token: "8f3c0000-0000-0000-0000-000000000000" });
  const line = await until(() => watch.logger.lines.find((one) => one.includes("403")), "the warning");
  assertStringIncludes(
    line,
    `the token is not enough: it needs key:read for "${KEY}"; key "${KEY}" is asked for again`,
  );
  assertEquals(watch.told, []);
});

needs(CONSUL_PERMISSIONS, "close() of a key's watch ends a query that waits, at once", async () => {
  await using agent = await startConsul();
  const watch = watching(agent.address);
  await until(() => watch.watch.state!.queries === 2, "a query waits");
  watch.watch.close();
  await put(agent, "1");
  assertEquals(watch.told, [undefined]);
});
