import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  clientPolicyFrom,
  consul,
  createClient,
  createServer,
  type LogFields,
  type Logger,
  serverPolicyFrom,
  Status,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";

const KEY = "dinokit/echoservice/client";
const SERVER_KEY = "dinokit/echoservice/server";

/** Sets a key, or removes it. */
async function put(agent: ConsulAgent, value?: string, key = KEY): Promise<void> {
  const request = value === undefined ? { method: "DELETE" } : { method: "PUT", body: value };
  const response = await fetch(`http://${agent.address}/v1/kv/${key}`, request);
  assertEquals(await response.json(), true);
}

/** A server that is slow, and a client of it that goes by the key; its options say a timeout that it keeps easily. */
async function running(agent: ConsulAgent) {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const server = createServer({ name: "echoservice", address: "127.0.0.1:0", logger });
  server.add(EchoService, {
    async echo(req, { signal }) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, 100);
        signal.addEventListener("abort", () => (clearTimeout(timer), done()));
      });
      return { resp: req.mes };
    },
  });
  await server.start();
  const policy = clientPolicyFrom(consul(agent.address), KEY);
  const echo = createClient(EchoService, { address: server.address, timeout: 60_000, policy, logger });
  return {
    lines,
    code: () => echo.echo({ mes: "a" }).then(() => Status.OK, (error) => error.code as Status),
    async [Symbol.asyncDispose]() {
      await echo[Symbol.asyncDispose]();
      await server.stop({ force: true });
    },
  };
}

needs(
  CONSUL_PERMISSIONS,
  "a running client applies the policy in Consul's KV store within a second: put, changed, broken, fixed, deleted",
  async () => {
    await using agent = await startConsul();
    await using client = await running(agent);
    const becomes = (code: Status) => until(async () => await client.code() === code, `calls end with ${code}`, 1000);
    const line = (text: string) => until(() => client.lines.find((one) => one.includes(text)), `a line: ${text}`, 1000);

    assertEquals(await client.code(), Status.OK);
    await put(agent, "timeout: 20\n");
    await becomes(Status.DEADLINE_EXCEEDED);
    await put(agent, "timeout: 20\nmethods:\n  Echo: { timeout: 5000 }\n");
    await becomes(Status.OK);
    await put(agent, '{ "timeout": 20 }');
    await becomes(Status.DEADLINE_EXCEEDED);

    await put(agent, "timeout: 5000\nmethods:\n  Ecko: { timeout: 5000 }\n");
    assertStringIncludes(
      await line("Ecko"),
      `"problems":["${KEY}:3:9: methods.Ecko is no method of echo.EchoService; did you mean Echo?"]`,
    );
    await put(agent, "time_out: 5000\n");
    assertStringIncludes(await line("time_out"), `${KEY}:1:1: time_out is not a key; did you mean timeout?`);
    assertEquals(await client.code(), Status.DEADLINE_EXCEEDED, "the last that was right holds");

    await put(agent, "timeout: 5000\n");
    await becomes(Status.OK);
    await put(agent, "timeout: 20\n");
    await becomes(Status.DEADLINE_EXCEEDED);
    await put(agent);
    await becomes(Status.OK);
    assert(client.lines.every((one) => !one.startsWith("error")), client.lines.join("\n"));
  },
);

needs(
  CONSUL_PERMISSIONS,
  "a client goes by its options while Consul is down at its start, and by the key once Consul is there",
  async () => {
    await using agent = await startConsul({ running: false });
    await using client = await running(agent);
    assertEquals(await client.code(), Status.OK);
    await agent.start();
    await put(agent, "timeout: 20\n");
    // Consul is asked again after a backoff of up to 10 seconds.
    await until(async () => await client.code() === Status.DEADLINE_EXCEEDED, "the policy holds", 20_000);
  },
);

needs(
  CONSUL_PERMISSIONS,
  "a running server applies the policy in Consul's KV store within a second: put, broken, fixed, deleted",
  async () => {
    await using agent = await startConsul();
    const lines: string[] = [];
    const at = () => (message: string, fields?: LogFields) => void lines.push(`${message} ${JSON.stringify(fields)}`);
    const logger: Logger = { debug: at(), info: at(), warn: at(), error: at() };
    const policy = serverPolicyFrom(consul(agent.address), SERVER_KEY);
    await using server = createServer({ name: "echoservice", address: "127.0.0.1:0", policy, logger });
    server.add(EchoService, { echo: (req) => ({ resp: req.mes }) });
    await server.start();
    await using echo = createClient(EchoService, { address: server.address, outliers: false });
    const code = () => echo.echo({ mes: "a" }).then(() => Status.OK, (error) => error.code as Status);
    const becomes = (expected: Status) =>
      until(async () => await code() === expected, `calls end with ${expected}`, 1000);

    assertEquals(await code(), Status.OK);
    await put(agent, "methods: { Echo: { rate: { rate: 0.001 } } }\n", SERVER_KEY);
    await becomes(Status.RESOURCE_EXHAUSTED);
    await put(agent, "methods: { Ecko: {} }\n", SERVER_KEY);
    await until(
      () => lines.find((one) => one.includes("methods.Ecko is no method of this server; did you mean Echo?")),
      "a line",
    );
    assertEquals(await code(), Status.RESOURCE_EXHAUSTED, "the last that was right holds");
    await put(agent, "rate: { rate: 1000000 }\n", SERVER_KEY);
    await becomes(Status.OK);
    await put(agent, "rate: { rate: 0.001 }\n", SERVER_KEY);
    await becomes(Status.RESOURCE_EXHAUSTED);
    await put(agent, undefined, SERVER_KEY);
    await becomes(Status.OK);
  },
);
