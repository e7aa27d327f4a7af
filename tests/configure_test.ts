import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { configure, createClient, Status } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { CONSUL_PERMISSIONS, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";
import { startProgram } from "./program.ts";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A folder with one environment. */
async function folder(text: string) {
  const path = await Deno.makeTempDir({ prefix: "dinokit_configure_" });
  await Deno.mkdir(`${path}/test`);
  await Deno.writeTextFile(`${path}/test/conf.yaml`, text);
  return { dir: path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

needs(
  CONSUL_PERMISSIONS,
  "configure(): a service and its caller meet in Consul, with policies of their files and of Consul's keys",
  async () => {
    await using agent = await startConsul();
    const registry = `registry: { registry_address: [${JSON.stringify(agent.address)}] }\n`;
    await using service = await folder(`kitex: { service: echo-a, address: "127.0.0.1:0" }
${registry}dinokit: { health: { address: "127.0.0.1:0" }, drain_delay: 0 }
`);
    await using caller = await folder(`kitex: { service: shop, address: "127.0.0.1:0" }
${registry}dinokit: { clients: { echo-a: { services: [EchoService], timeout: 20000 } } }
`);
    const logger = recordingLogger();
    await using serving = await configure({ dir: service.dir, env: "test", logger });
    const server = serving.createServer();
    server.add(EchoService, {
      async echo({ mes }, { signal }) {
        await new Promise<void>((done) => {
          const timer = setTimeout(done, mes === "slow" ? 300 : 0);
          signal.addEventListener("abort", () => (clearTimeout(timer), done()));
        });
        return { resp: mes };
      },
    });
    await server.start();
    await using calling = await configure({ dir: caller.dir, env: "test", logger });
    const echo = calling.createClient(EchoService);
    await until(() => echo.echo({ mes: "a" }).then(() => true, () => false), "Consul lists the server");
    assertEquals(await echo.echo({ mes: "slow" }), { resp: "slow" });

    const put = (key: string, body: string) =>
      fetch(`http://${agent.address}/v1/kv/dinokit/echo-a/${key}`, { method: "PUT", body }).then((r) =>
        r.body?.cancel()
      );
    const codeOf = (mes: string) => echo.echo({ mes }).then(() => Status.OK, (error) => error.code as Status);
    await put("client", "timeout: 100");
    await until(async () => await codeOf("slow") === Status.DEADLINE_EXCEEDED, "the client follows its key");
    await put("server", "rate: { rate: 0.001, burst: 1 }");
    await until(async () => await codeOf("a") === Status.RESOURCE_EXHAUSTED, "the server follows its key");
    await server.stop();
    assertStringIncludes(logger.lines.join("\n"), "is registered");
  },
);

needs(
  CONSUL_PERMISSIONS,
  "configure(): each worker of a server has its clients and logs, and all ends with the server",
  async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    await using conf = await folder(`kitex:
  service: echoservice
  address: "127.0.0.1:${port}"
  log_file_name: log/echo.log
dinokit: { workers: 2 }
`);
    const args = ["run", "-A", "--no-prompt", `--config=${pathOf("../deno.json")}`, pathOf("configure_workers.ts")];
    const program = { path: Deno.execPath(), args: [...args, conf.dir], cwd: conf.dir };
    await using server = await startProgram(program, "READY 127.0.0.1:");
    await using echo = createClient(EchoService, { address: `127.0.0.1:${port}` });
    assertEquals(await echo.echo({ mes: "a" }), { resp: "code 0" });
    await server.stop();
    const log = await Deno.readTextFile(`${conf.dir}/log/echo.log`);
    const lines = [...log.matchAll(/INFO {2}(\w+)/g)].map(([, message]) => message);
    assertEquals(lines, ["settings", "serving", "draining", "stopped"]);
  },
);
