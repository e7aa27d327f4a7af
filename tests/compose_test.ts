import { assert, assertEquals } from "@std/assert";
import { loadYaml } from "../deps.ts";
import { needs } from "./needs.ts";

const ROOT = new URL("../", import.meta.url);

interface ComposeService {
  image: string;
  command: string | string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  networks: string[];
  ports?: string[];
  privileged?: boolean;
}

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "env" }];

async function services(): Promise<Record<string, ComposeService>> {
  const { parse } = await loadYaml();
  return parse(await Deno.readTextFile(new URL("compose.yaml", ROOT)), { merge: true }).services;
}

needs(PERMISSIONS, "compose.yaml: images are pinned, Consul is HashiCorp's own", async () => {
  const all = await services();
  assertEquals(all.consul!.image, "hashicorp/consul:1.20");
  for (const name of ["echo-1", "echo-2", "client"]) assertEquals(all[name]!.image, "denoland/deno:2.9.6");
});

needs(PERMISSIONS, "compose.yaml: each starts when what it needs is healthy", async () => {
  const all = await services();
  for (const [name, { depends_on = {} }] of Object.entries(all)) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      assertEquals(condition, "service_healthy", `${name} on ${other}`);
      assert(all[other]?.healthcheck, `${other} has a health check`);
    }
  }
  assertEquals(Object.keys(all.client!.depends_on!), ["echo-1", "echo-2"]);
  assertEquals(Object.keys(all["echo-1"]!.depends_on!), ["consul"]);
});

needs(PERMISSIONS, "compose.yaml: one network, nothing privileged, ports on loopback only", async () => {
  for (const service of Object.values(await services())) {
    assertEquals(service.networks, ["services"]);
    assertEquals(service.privileged, undefined);
    for (const port of service.ports ?? []) assert(port.startsWith("127.0.0.1:"), port);
  }
});

needs(
  [{ name: "run" }, { name: "read" }, { name: "env" }, { name: "net" }],
  "compose.yaml: the servers' and the client's commands run as they stand",
  async () => {
    const all = await services();
    const port = () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      return (listener.addr as Deno.NetAddr).port;
    };
    const [address, health] = [`127.0.0.1:${port()}`, `127.0.0.1:${port()}`];
    const env = {
      DENO_ENV: "online",
      DINOKIT_KITEX_ADDRESS: address,
      DINOKIT_HEALTH_ADDRESS: health,
      DINOKIT_REGISTRY_REGISTRY_ADDRESS: "127.0.0.1:1",
      DINOKIT_DRAIN_DELAY: "0",
    };
    const deno = (command: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: command,
        cwd: ROOT,
        env,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      });
    const server = deno(all["echo-1"]!.command as string[]).spawn();
    const log = new Response(server.stderr).text();
    try {
      const deadline = Date.now() + 20_000;
      while (
        !await fetch(`http://${health}/health`).then(
          async (answer) => (await answer.body?.cancel(), answer.ok),
          () => false,
        )
      ) {
        if (Date.now() > deadline) throw new Error(`no health within 20 s at ${health}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const command = (all.client!.command as string[]).map((part) =>
        part.startsWith("--consul=") ? `--addr=${address}` : part
      );
      const { stdout, stderr } = await deno(command).output();
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assertEquals(lines, Array(10).fill(`{ resp: "hello, world" }`), new TextDecoder().decode(stderr));
    } finally {
      server.kill("SIGTERM");
      await Promise.all([server.status, log, new Response(server.stdout).text()]);
    }
  },
);
