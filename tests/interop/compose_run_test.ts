import { assertEquals } from "@std/assert";
import { type ComposeService, ourServices } from "./compose/project.ts";
import { CONSUL_PERMISSIONS, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";

// What the containers of compose.yaml run, without containers: their arguments and variables as they stand, but for the
// ports, which are free ones, and Consul's name.

const ROOT = new URL("../../", import.meta.url);

needs(
  CONSUL_PERMISSIONS,
  "compose.yaml: its servers pass Consul's checks and its own, its client is answered",
  async () => {
    const services = await ourServices();
    const server = services["echo-1"]!;
    await using consul = await startConsul();
    await using one = startServer(server, consul.address);
    await using two = startServer(services["echo-2"]!, consul.address);

    const ports = await until(
      async () => {
        const checks: { Output: string }[] = Object.values(await consul.get("/v1/agent/checks"));
        assertEquals([one.ended, two.ended], [undefined, undefined]);
        const found = checks.flatMap(({ Output }) =>
          /^HTTP GET http:\S+:(\d+)\/health: 200 OK/.exec(Output)?.[1] ?? []
        );
        return found.length === 2 && found;
      },
      "Consul has reached both health endpoints",
      30_000,
    );
    for (const port of ports) assertEquals(await healthCheck(server, port), 0);

    // deno-lint-ignore no-explicit-any -- Consul's answer
    const passing: any[] = await consul.get("/v1/health/service/echoservice?passing=1");
    const addresses = passing.map(({ Service }) => `${Service.Address}:${Service.Port}`).join();
    const { command, environment } = services.client!;
    const { stdout, stderr } = await deno(command, {
      // Docker's addresses are private ones, those of this machine need not be.
      "consul:8500,10.0.0.0/8:8888,172.16.0.0/12:8888,192.168.0.0/16:8888": `${consul.address},${addresses}`,
      "consul:8500": consul.address,
    }, environment).output();
    assertEquals(text(stdout), '{ resp: "hello, world" }\n'.repeat(10), text(stderr));

    const logs = await one.stop() + await two.stop();
    assertEquals(logs.split("client_name =  echo_client").length - 1, 10, logs);
    for (const port of ports) assertEquals(await healthCheck(server, port), 1, "of a server that has stopped");
  },
);

interface Server extends AsyncDisposable {
  /** Its log, if it ended by itself. */
  readonly ended: string | undefined;
  /** Ends it, and returns its log. */
  stop(): Promise<string>;
}

function startServer({ command, environment }: ComposeService, consul: string): Server {
  const child = deno(command, { "[::]:8888": "[::]:0", "[::]:8889": "[::]:0", "consul:8500": consul }, {
    ...environment,
    DINOKIT_KITEX_ADDRESS: ":0",
    DINOKIT_HEALTH_ADDRESS: ":0",
    DINOKIT_REGISTRY_REGISTRY_ADDRESS: consul,
    DINOKIT_DRAIN_DELAY: "0",
  }).spawn();
  let ended: string | undefined;
  const log = child.output().then(({ stdout, stderr }) => ended = text(stdout) + text(stderr));
  const stop = async (): Promise<string> => {
    const end = (signal: Deno.Signal) => {
      try {
        child.kill(signal);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended already
      }
    };
    end("SIGTERM");
    const timer = setTimeout(() => end("SIGKILL"), 15_000);
    return await log.finally(() => clearTimeout(timer));
  };
  return {
    get ended() {
      return ended;
    },
    stop,
    [Symbol.asyncDispose]: async () => void await stop(),
  };
}

/** The exit code of a service's health check, on another port. */
async function healthCheck({ healthcheck }: ComposeService, port: string): Promise<number> {
  const [kind, program, ...args] = healthcheck!.test;
  assertEquals([kind, program], ["CMD", "deno"]);
  return (await deno(args, { "127.0.0.1:8889": `127.0.0.1:${port}` }).output()).code;
}

/** Deno with the arguments of a service, some parts of them replaced. It is asked to end after a minute. */
function deno(args: readonly string[], parts: Record<string, string>, env: Record<string, string> = {}): Deno.Command {
  const local = args.map((arg) =>
    Object.entries(parts).reduce((done, [part, other]) => done.replaceAll(part, other), arg)
  );
  return new Deno.Command(Deno.execPath(), {
    args: local,
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  });
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
