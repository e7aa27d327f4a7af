import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../program.ts";
import { program } from "./programs.ts";
import { startServer } from "./server.ts";
import { onEachTransport } from "./transports.ts";

const PROTO = [
  "-import-path",
  fileURLToPath(new URL("../proto", import.meta.url)),
  "-proto",
  "kinds.proto",
];

async function grpcurl(address: string, method: string, data: string, ...more: string[]) {
  const args = [
    "-plaintext",
    "-max-time",
    "10",
    ...more,
    ...PROTO,
    "-d",
    data,
    address,
    `dinokit.test.Kinds/${method}`,
  ];
  return await runProgram({ path: await program("grpcurl"), args });
}

onEachTransport("server: grpcurl makes all four kinds of call", async (transport) => {
  await using server = await startServer(transport);
  const call = async (method: string, data: string) => {
    const { code, stdout, stderr } = await grpcurl(server.address, method, data);
    assertEquals(code, 0, stderr);
    // A run of JSON objects, one for each message.
    return JSON.parse(`[${stdout.trim().replaceAll("\n}\n{", "\n},\n{")}]`);
  };
  assertEquals(await call("Unary", '{"text":"hallo, 世界","data":"AAH/"}'), [{ text: "hallo, 世界", data: "AAH/" }]);
  assertEquals(await call("ClientStream", '{"text":"a"}{"text":"b"}'), [{ text: "a,b", count: 2 }]);
  assertEquals(await call("ServerStream", '{"text":"x","count":3}'), [{ text: "x" }, { text: "x", count: 1 }, {
    text: "x",
    count: 2,
  }]);
  assertEquals(await call("Bidi", '{"text":"a"}{"text":"b"}'), [{ text: "a" }, { text: "b" }]);
});

onEachTransport("server: grpcurl lists, describes and calls by reflection", async (transport) => {
  await using server = await startServer(transport);
  const ask = async (...args: string[]) => {
    const path = await program("grpcurl");
    const { code, stdout, stderr } = await runProgram({ path, args: ["-plaintext", "-max-time", "10", ...args] });
    assertEquals(code, 0, stderr);
    return stdout.trim().split("\n");
  };
  assertEquals(await ask(server.address, "list"), [
    "dinokit.test.Kinds",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
  ]);
  assertEquals(await ask(server.address, "list", "grpc.health.v1.Health"), [
    "grpc.health.v1.Health.Check",
    "grpc.health.v1.Health.List",
    "grpc.health.v1.Health.Watch",
  ]);
  assertEquals(
    (await ask(server.address, "describe", "dinokit.test.Kinds.ServerStream")).at(-1),
    "rpc ServerStream ( .dinokit.test.Msg ) returns ( stream .dinokit.test.Msg );",
  );
  for (
    const service of ["grpc.health.v1.HealthCheckResponse", "dinokit.test.Msg", "grpc.reflection.v1alpha.ErrorResponse"]
  ) {
    assertEquals((await ask(server.address, "describe", service))[0], `${service} is a message:`);
  }
  const reply = await ask("-d", '{"text":"hallo"}', server.address, "dinokit.test.Kinds/Unary");
  assertEquals(JSON.parse(reply.join("")), { text: "hallo" });
});

onEachTransport("server: grpcurl shows header, trailer, status and details", async (transport) => {
  await using server = await startServer(transport);
  const fields = ["-v", "-H", "x-echo: there", "-H", "x-trail: end"];
  const { stdout } = await grpcurl(server.address, "Unary", "{}", ...fields);
  assertStringIncludes(stdout, "x-echo: there");
  assertStringIncludes(stdout, "x-trail: end");
  const failed = await grpcurl(server.address, "Unary", '{"text":"fail:5:no such thing"}');
  assertEquals(failed.code, 64 + 5);
  assertStringIncludes(failed.stderr, "Code: NotFound");
  assertStringIncludes(failed.stderr, '"@type": "type.googleapis.com/dinokit.test.Msg"');
});

onEachTransport("server: ghz counts no errors", async (transport) => {
  await using server = await startServer(transport);
  const load = ["--insecure", "-n", "2000", "-c", "20", "--connections", "4", "-O", "json"];
  const proto = ["-i", PROTO[1]!, "--proto", "kinds.proto"];
  const path = await program("ghz");
  for (const method of ["Unary", "ServerStream", "ClientStream", "Bidi"]) {
    const args = [...load, ...proto, "--call", `dinokit.test.Kinds.${method}`, "-d", '{"text":"x","count":3}'];
    const { code, stdout, stderr } = await runProgram({ path, args: [...args, server.address] }, 60_000);
    assertEquals(code, 0, stderr);
    const { count, errorDistribution, statusCodeDistribution } = JSON.parse(stdout);
    assertEquals([count, errorDistribution, statusCodeDistribution], [2000, {}, { OK: 2000 }], method);
  }
});

onEachTransport("server: grpc_health_probe reads grpc.health.v1", async (transport) => {
  await using server = await startServer(transport);
  const probe = async (...more: string[]) =>
    await runProgram({ path: await program("grpc-health-probe"), args: [`-addr=${server.address}`, ...more] });
  for (const service of [[], ["-service=dinokit.test.Kinds"]]) {
    const { code, stderr } = await probe(...service);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "SERVING");
  }
  const missing = await probe("-service=no.Such");
  assertEquals(missing.code, 3); // the call failed
  assertStringIncludes(missing.stderr, "no.Such");
});
