import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findConsul } from "../_tools/find_consul.ts";
import { consul, type ConsulOptions } from "../registry/consul/consul.ts";
import { bootstrap, CONSUL_PERMISSIONS, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";

/** Watches `echoservice` until the listener or the log receives the wanted text, and returns the log. */
async function watchUntil(address: string, options: ConsulOptions, wanted: string): Promise<string[]> {
  const logger = recordingLogger();
  const told: string[] = [];
  const watch = consul(address, options).watch("echoservice", (one) => {
    told.push("error" in one ? one.error.message : one.instances.map(({ address }) => address).join());
  }, logger);
  try {
    await until(() => [...told, ...logger.lines].some((text) => text.includes(wanted)), `it is told ${wanted}`);
  } finally {
    watch.close();
  }
  return logger.lines;
}

needs(CONSUL_PERMISSIONS, "consul() shows its ACL token, and names it where it is missing or unknown", async () => {
  await using agent = await startConsul({ config: { acl: { enabled: true, default_policy: "deny" } } });
  const token = await bootstrap(agent);
  using open = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${open.addr.port}`;

  const logger = recordingLogger();
  const refused = consul(agent.address).register({ name: "echoservice", address }, logger);
  const warning = await until(() => logger.lines[0], "the registration is refused");
  await refused.release();
  assertStringIncludes(warning, "answered 403");
  assertStringIncludes(warning, `the anonymous token is not enough: it needs service:write for "echoservice"`);

  const lease = consul(agent.address, { token }).register({ name: "echoservice", address }, recordingLogger());
  await lease.registered;
  await watchUntil(agent.address, { token: () => `${token}\n` }, address);

  const anonymous = await watchUntil(agent.address, {}, "ACLs may be why");
  assertEquals(anonymous, [
    `warn: Consul at ${agent.address} lists nothing of service "echoservice", and its ACLs may be why: ` +
    `the anonymous token needs service:read for "echoservice" and node:read`,
  ]);
  const unknown = "8f3c0000-0000-0000-0000-000000000000";
  const [refusal] = await watchUntil(agent.address, { token: unknown }, "403");
  assertStringIncludes(refusal!, "; the token is not enough");
  assert(!refusal!.includes(unknown.slice(0, 4)), refusal);
  const tokenFile = await Deno.makeTempFile();
  await Deno.writeTextFile(tokenFile, unknown);
  const [fromFile] = await watchUntil(agent.address, { tokenFile }, "403");
  await Deno.remove(tokenFile);
  assertStringIncludes(fromFile!, `; the token (in ${tokenFile}) is not enough`);
  await lease.release();
  assertEquals(await agent.get("/v1/agent/services", token), {});
});

/** Certificates for an agent and for a client, made by Consul's own tool, and files that the agent reads. */
async function certificates(folder: string) {
  const binary = await findConsul();
  for (const args of ["ca create", "cert create -server", "cert create -client"]) {
    const { success, stderr } = await new Deno.Command(binary, { args: ["tls", ...args.split(" ")], cwd: folder })
      .output();
    if (!success) throw new Error(`consul tls ${args}: ${new TextDecoder().decode(stderr)}`);
  }
  const file = (name: string) => `${folder}/${name}.pem`;
  const [ca, server, client] = ["consul-agent-ca", "dc1-server-consul-0", "dc1-client-consul-0"];
  const read = (name: string) => Deno.readTextFile(file(name));
  return {
    agent: {
      ca_file: file(ca!),
      cert_file: file(server!),
      key_file: file(`${server}-key`),
      verify_incoming_https: true,
    },
    client: { ca: await read(ca!), cert: await read(client!), key: await read(`${client}-key`) },
  };
}

needs(CONSUL_PERMISSIONS, "consul() speaks TLS, shows its certificate and checks the agent's name", async () => {
  const folder = await Deno.makeTempDir();
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const { agent: config, client } = await certificates(folder);
  await using _agent = await startConsul({ config: { ...config, ports: { https: port } } });
  const address = `127.0.0.1:${port}`;

  const lease = consul(address, { tls: client }).register({ name: "echoservice", address }, recordingLogger());
  await lease.registered;
  await watchUntil(address, { tls: { ...client, serverName: "server.dc1.consul" } }, address);
  await lease.release();

  await watchUntil(address, { tls: { ...client, serverName: "other.example" } }, "can't be asked");
  await watchUntil(address, { tls: { ca: client.ca } }, "can't be asked");
  await watchUntil(address, { tls: {} }, "can't be asked");
  await watchUntil(address, {}, "answered 400");
  await Deno.remove(folder, { recursive: true });
});
