/**
 * gRPC servers that mean no good to the person at the terminal.
 *
 * @module
 */

import { fileDescriptorProto } from "../../codec/descriptor/descriptor_proto.ts";
import { createServer, type JsonValue } from "../../mod.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../../proto/grpc/reflection/v1/reflection.ts";

/** What is asked. */
export type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;
/** What is answered. */
export type Answer = ServerReflectionResponse["messageResponse"];

/** A descriptor of a file, encoded. */
export async function descriptor(json: JsonValue): Promise<Uint8Array> {
  const type = await fileDescriptorProto();
  return type.encode(type.fromJson(json) as never);
}

/** The answer with files. */
export const files = (...fileDescriptorProto: Uint8Array[]): Answer => ({
  case: "fileDescriptorResponse",
  value: { fileDescriptorProto },
});

/** The answer with the names of services. */
export const services = (...names: string[]): Answer => ({
  case: "listServicesResponse",
  value: { service: names.map((name) => ({ name })) },
});

/** A server whose reflection answers as the test says. */
export async function evilReflection(answer: (question: Question) => AsyncIterable<Answer>) {
  const server = createServer({ name: "evil", address: "127.0.0.1:0", limits: { sendMessageBytes: Infinity } });
  server.add(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        for await (const messageResponse of answer(request.messageRequest!)) {
          yield { validHost: "", originalRequest: request, messageResponse };
        }
      }
    },
  });
  await server.start();
  return { address: server.address, [Symbol.asyncDispose]: () => server.stop({ force: true }) };
}

/** A file with a service `a.S` of one method, and its messages. */
export const SERVICE = {
  name: "a.proto",
  package: "a",
  syntax: "proto3",
  messageType: [{ name: "M", field: [{ name: "text", number: 1, type: "TYPE_STRING" }] }],
  service: [{ name: "S", method: [{ name: "Do", inputType: ".a.M", outputType: ".a.M" }] }],
};
