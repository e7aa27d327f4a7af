import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type ComposeService, loadCompose, ourServices } from "./compose/project.ts";
import { needs } from "../needs.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }];

needs(PERMISSIONS, "compose.yaml is valid, and the loader has nothing to warn of", async () => {
  assertEquals(Object.keys(await ourServices()).sort(), ["client", "consul", "echo-1", "echo-2"]);
});

const netOf = ({ command }: ComposeService) => command.find((part) => part.startsWith("--allow-net="))!;

/** What is wrong with a service, and a part of the complaint. */
const MISTAKES = {
  "imagee: x": "services.a.imagee false schema",
  "command:\n    - a ? 0: 1": "services.a.command", // YAML sees a key here
  "networks: [b]": "undefined network b",
  "depends_on: [b]": 'undefined service "b"',
  "container_name: $UNKNOWN_HERE": "variable is not set",
};

needs(PERMISSIONS, "the loader complains of mistakes, as Docker Compose does", async () => {
  for (const [mistake, complaint] of Object.entries(MISTAKES)) {
    const { complaints } = await loadCompose(`services:\n  a:\n    image: x\n    ${mistake}\n`);
    assertStringIncludes(complaints, complaint);
  }
});

needs(PERMISSIONS, "compose.yaml: images are pinned, Consul is HashiCorp's own", async () => {
  const images = Object.entries(await ourServices()).map(([name, { image }]) => [name, image]);
  assertEquals(Object.fromEntries(images), {
    consul: "hashicorp/consul:1.20",
    "echo-1": "denoland/deno:2.9.6",
    "echo-2": "denoland/deno:2.9.6",
    client: "denoland/deno:2.9.6",
  });
});

needs(
  PERMISSIONS,
  "compose.yaml: Consul, then the servers, then the client, each when the one before is healthy",
  async () => {
    const services = await ourServices();
    const order = Object.entries(services).map(([name, { depends_on = {} }]) => [name, Object.keys(depends_on).sort()]);
    assertEquals(Object.fromEntries(order), {
      consul: [],
      "echo-1": ["consul"],
      "echo-2": ["consul"],
      client: ["echo-1", "echo-2"],
    });
    // Healthy is not yet registered: who comes too early comes again.
    assertEquals(services.client!.restart, "on-failure");
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        assertEquals(condition, "service_healthy");
        assert(services[name]!.healthcheck, `${name} has a health check`);
      }
    }
  },
);

needs(PERMISSIONS, "compose.yaml: one network, Consul's page on loopback only, no privileges", async () => {
  const { consul, ...ours } = await ourServices();
  for (const service of [consul!, ...Object.values(ours)]) {
    assertEquals(Object.keys(service.networks), ["services"]);
    assertEquals(service.privileged, undefined);
  }
  assertEquals(consul!.ports!.map((port) => `${port.host_ip}:${port.published}:${port.target}`), [
    "127.0.0.1:8500:8500",
  ]);
  for (const { ports, user, read_only, volumes, command } of Object.values(ours)) {
    assertEquals({ ports, user, read_only }, { ports: undefined, user: "deno", read_only: true });
    assertEquals(volumes!.find(({ target }) => target === "/app")?.read_only, true);
    for (const flag of command.filter((part) => part.startsWith("--allow-"))) assertMatch(flag, /^--allow-[a-z]+=./);
  }
});

needs(
  PERMISSIONS,
  "compose.yaml: the client may call private addresses on the servers' port, and Consul",
  async () => {
    const { client } = await ourServices();
    const hosts = [
      "172.18.0.3:8888",
      "192.168.32.3:8888",
      "10.1.2.3:8888",
      "consul:8500",
      "172.18.0.3:22",
      "203.0.113.1:8888",
    ];
    const granted = `${
      JSON.stringify(hosts)
    }.map((host)=>Deno.permissions.querySync({name:"net",host}).state==="granted")`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", netOf(client!), `data:text/javascript,console.log(JSON.stringify(${granted}))`],
    }).output();
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [true, true, true, true, false, false]);
  },
);
