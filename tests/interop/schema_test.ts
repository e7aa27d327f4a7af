import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type FoundMethod, SchemaError, schemaFromServer } from "../../cli/schema/schema.ts";
import { createClient, createLogger, createServer, type JsonValue } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { Kinds } from "../proto/kinds.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";

const logger = createLogger("silent");

/** Calls a method with requests in JSON, knowing of it only what the schema says. */
async function call({ service, property, method }: FoundMethod, address: string, ...requests: JsonValue[]) {
  await using client = createClient(service, { address, logger });
  const messages = requests.map((one) => method.request.fromJson(one));
  const streams = method.kind === "client_streaming" || method.kind === "bidi";
  // deno-lint-ignore no-explicit-any -- what the method takes is known only now
  const reply = (client as any)[property](streams ? ReadableStream.from(messages) : messages[0], { timeout: 10_000 });
  const replies = method.kind === "unary" || method.kind === "client_streaming"
    ? [await reply]
    : await Array.fromAsync(reply);
  return replies.map((one) => method.response.toJson(one as never));
}

/** What must hold for any server of dinokit.test.Kinds. */
async function look(address: string): Promise<void> {
  await using schema = schemaFromServer({ address, logger });
  const find = (name: string) => schema.findMethod(`dinokit.test.Kinds/${name}`);
  assertEquals(await call(await find("Unary"), address, { text: "hallo", data: "AAH/" }), [{
    text: "hallo",
    data: "AAH/",
  }]);
  assertEquals(await call(await find("ClientStream"), address, { text: "a" }, { text: "b" }), [{
    text: "a,b",
    count: 2,
  }]);
  assertEquals(await call(await find("ServerStream"), address, { count: 2 }), [{}, { count: 1 }]);
  assertEquals(await call(await find("Bidi"), address, { text: "a" }, { text: "b" }), [{ text: "a" }, { text: "b" }]);
  assertEquals(
    await schema.describe("dinokit.test.Kinds.Bidi"),
    "rpc Bidi(stream dinokit.test.Msg) returns (stream dinokit.test.Msg);",
  );
  const services = await schema.services();
  assertEquals(["dinokit.test.Kinds", "grpc.health.v1.Health"].filter((name) => !services.includes(name)), []);
  assertEquals((await schema.findType("dinokit.test.Msg")).typeName, "dinokit.test.Msg");
  await assertRejects(
    () => schema.findMethod("dinokit.test.Kinds/Unry"),
    SchemaError,
    'did you mean "dinokit.test.Kinds/Unary"?',
  );
  await assertRejects(() => schema.findService("no.Such"), SchemaError, `${address} has no service no.Such`);
}

needs(PEER_PERMISSIONS, "a schema comes from a Dinokit server, and calls go by it", async () => {
  await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger, reflection: true });
  server.add(Kinds, kindsHandlers());
  await server.start();
  await look(server.address);
});

for (const version of ["all", "v1", "v1alpha"]) {
  needs(
    PEER_PERMISSIONS,
    `a schema comes from a grpc-go server with reflection ${version}, and calls go by it`,
    async () => {
      await using peer = await startPeer("grpcgo_server", ["-reflection", version]);
      await look(peer.address);
    },
  );
}

for (const [name, ...flags] of [["grpcgo_server", "-reflection", "none"], ["kitex_server"]] as const) {
  needs(PEER_PERMISSIONS, `a schema from ${name} without reflection fails with a remedy`, async () => {
    await using peer = await startPeer(name, flags);
    await using schema = schemaFromServer({ address: peer.address, logger });
    const error = await assertRejects(() => schema.services(), SchemaError);
    assertStringIncludes(error.message, "give its .proto files instead");
  });
}
