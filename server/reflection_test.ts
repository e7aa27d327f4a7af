import { assertEquals, assertRejects } from "@std/assert";
import { createClient } from "../client/client.ts";
import { DescriptorPool } from "../codec/descriptor/pool.ts";
import { ServerReflection, type ServerReflectionRequest } from "../proto/grpc/reflection/v1/reflection.ts";
import { ServerReflection as Alpha } from "../proto/grpc/reflection/v1alpha/reflection.ts";
import { RpcError } from "../rpc/error.ts";
import type { Service } from "../rpc/service.ts";
import { createLogger } from "../base/logger.ts";
import { Status } from "../rpc/status.ts";
import { defineService, protoFile } from "../codec/mod.ts";
import { News } from "../tests/proto/imports_old.ts";
import { OddService } from "../tests/proto/odd.ts";
import { memoryTransport } from "../transport/memory/mod.ts";
import { createServer } from "./create_server.ts";

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;

async function serve(reflection = true, ...more: Service<never>[]) {
  const transport = memoryTransport();
  const logger = createLogger("silent");
  const server = createServer({ name: "odd", address: "memory:odd", transport, logger, reflection });
  server.add(OddService, { underScore: () => ({}) });
  for (const service of more) {
    const handlers = Object.keys(service.methods).map((name) => [name, () => ({})]);
    server.add(service as Service, Object.fromEntries(handlers));
  }
  await server.start();
  const options = { address: server.address, transport, logger };
  const clients = [createClient(ServerReflection, options), createClient(Alpha, options)] as const;
  return {
    server,
    clients,
    /** Returns the responses to the requests of one stream. A file is represented by its name. */
    async ask(questions: (Question | undefined)[], client: typeof clients[number] = clients[0]) {
      const requests = ReadableStream.from(questions.map((messageRequest) => ({ host: "h", messageRequest })));
      const answers: unknown[] = [];
      for await (const { validHost, originalRequest, messageResponse } of client.serverReflectionInfo(requests)) {
        assertEquals([validHost, originalRequest?.messageRequest], ["h", questions[answers.length]]);
        const { case: kind, value } = messageResponse!;
        if (kind === "fileDescriptorResponse") {
          const pool = await DescriptorPool.create();
          answers.push(value.fileDescriptorProto.map((bytes) => pool.add(bytes).name));
        } else if (kind === "listServicesResponse") answers.push(value.service.map(({ name }) => name));
        else answers.push(value);
      }
      return answers;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      await server.stop();
    },
  };
}

const listServices: Question = { case: "listServices", value: "" };
const file = (value: string): Question => ({ case: "fileByFilename", value });
const symbol = (value: string): Question => ({ case: "fileContainingSymbol", value });

Deno.test("reflection lists the added services and the kit's services, in both versions", async () => {
  await using it = await serve();
  const services = [
    "OddService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
  ];
  for (const client of it.clients) assertEquals(await it.ask([listServices], client), [services]);
});

Deno.test("reflection sends a file with all its imports, and sends no file twice on a stream", async () => {
  await using it = await serve();
  const [first, same, another, health] = await it.ask([
    symbol("Odd.In.deeper"),
    file("odd.proto"),
    file("google/protobuf/empty.proto"),
    symbol("grpc.health.v1.Health.Check"),
  ]);
  assertEquals(first, [
    "odd.proto",
    "kinds.proto",
    "google/protobuf/empty.proto",
  ]);
  assertEquals([same, another], [["odd.proto"], ["google/protobuf/empty.proto"]]);
  assertEquals(health, ["grpc/health/v1/health.proto"]);
});

Deno.test("reflection rejects unknown names, and the stream continues", async () => {
  await using it = await serve();
  const answers = await it.ask([
    file("echo.proto"),
    symbol("no.Such"),
    { case: "fileContainingExtension", value: { containingType: "Odd", extensionNumber: 7 } },
    { case: "allExtensionNumbersOfType", value: "no.Such" },
    undefined,
    { case: "allExtensionNumbersOfType", value: "Odd" },
  ]);
  const refusal = (errorMessage: string, errorCode: number = Status.NOT_FOUND) => ({ errorCode, errorMessage });
  assertEquals(answers, [
    refusal("there is no file echo.proto"),
    refusal("there is no symbol no.Such"),
    refusal("there is no extension 7 of Odd"),
    refusal("there is no message no.Such"),
    refusal("the kind of the request is unknown", Status.INVALID_ARGUMENT),
    { baseTypeName: "Odd", extensionNumber: [] },
  ]);
});

Deno.test("reflection describes the custom options of a .proto, and their extensions", async () => {
  await using it = await serve(true, News as never);
  const extended = "google.protobuf.MethodOptions";
  const [file, extension, numbers, none] = await it.ask([
    symbol("dinokit.test.News.Tell"),
    { case: "fileContainingExtension", value: { containingType: extended, extensionNumber: 50001 } },
    { case: "allExtensionNumbersOfType", value: extended },
    { case: "fileContainingExtension", value: { containingType: extended, extensionNumber: 7 } },
  ]);
  assertEquals(file, ["imports_old.proto", "old.proto", "google/protobuf/descriptor.proto"]);
  assertEquals(extension, ["imports_old.proto"]);
  assertEquals(numbers, { baseTypeName: extended, extensionNumber: [50001] });
  assertEquals(none, { errorCode: Status.NOT_FOUND, errorMessage: `there is no extension 7 of ${extended}` });
});

Deno.test("reflection omits only the declarations of a file that can't be described", async () => {
  const method = { requestType: ".bad.M", responseType: ".bad.M" };
  const nested = { M: { options: { deprecated: "yes" }, fields: {} }, Bad: { methods: { Do: method } } };
  const bad = defineService(protoFile("bad.proto", { nested: { bad: { nested } } }), "bad.Bad");
  await using it = await serve(true, bad as never);
  for (let i = 0; i < 2; i++) {
    const [services, odd, failed, unknown] = await it.ask([
      listServices,
      file("odd.proto"),
      file("bad.proto"),
      symbol("bad.M"),
    ]);
    assertEquals((services as string[]).includes("bad.Bad"), true);
    assertEquals(odd, ["odd.proto", "kinds.proto", "google/protobuf/empty.proto"]);
    const fieldPath = "google.protobuf.FileDescriptorProto.message_type[0].options.deprecated";
    const errorMessage = `bad.proto can't be described: ${fieldPath}: expected a boolean, got "yes"`;
    assertEquals(failed, { errorCode: Status.INTERNAL, errorMessage });
    assertEquals(unknown, { errorCode: Status.NOT_FOUND, errorMessage: "there is no symbol bad.M" });
  }
});

Deno.test("a failure of reflection is not cached: the next request is answered", async () => {
  const types = { requestType: ".late.M", responseType: ".late.M" };
  const nested = { M: { fields: {} }, S: { methods: { Do: types } } };
  let failures = 0;
  const late = {
    ...protoFile("late.proto", { nested: { late: { nested } } }),
    get imports() {
      if (failures-- > 0) throw new Error("the disk is away");
      return [];
    },
  };
  await using it = await serve(true, defineService(late, "late.S") as never);
  failures = 1;
  const error = await assertRejects(() => it.ask([listServices]), RpcError);
  assertEquals(error.code, Status.INTERNAL);
  assertEquals(await it.ask([symbol("late.M")]), [["late.proto"]]);
});

Deno.test("reflection ends its streams when the server drains", async () => {
  await using it = await serve();
  const { promise: never, resolve: atLast } = Promise.withResolvers<void>();
  async function* requests() {
    yield { messageRequest: listServices };
    await never;
  }
  let stopped: Promise<void> | undefined;
  for await (const _ of it.clients[0].serverReflectionInfo(requests())) stopped = it.server.stop();
  await stopped;
  atLast();
});

Deno.test("a server has no reflection without the option", async () => {
  await using it = await serve(false);
  for (const client of it.clients) {
    const error = await assertRejects(() => it.ask([listServices], client), RpcError);
    assertEquals(error.code, Status.UNIMPLEMENTED);
  }
});

Deno.test("an application's own reflection service takes precedence over the kit's", async () => {
  const transport = memoryTransport();
  const logger = createLogger("silent");
  await using server = createServer({ name: "own", address: "memory:own", transport, logger, reflection: true });
  server.add(ServerReflection, {
    async *serverReflectionInfo() {
      yield { validHost: "own" };
    },
  });
  await server.start();
  await using client = createClient(ServerReflection, { address: server.address, transport, logger });
  const [answer] = await Array.fromAsync(client.serverReflectionInfo(ReadableStream.from([])));
  assertEquals(answer?.validHost, "own");
});
