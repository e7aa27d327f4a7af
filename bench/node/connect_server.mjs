/** The bench's server on connect-node, which answers gRPC. The service is described here, so that no generator is needed. */
import { createFileRegistry, fromJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import http2 from "node:http2";
import { ready, tls } from "./flags.mjs";

const field = (name, type) => ({ name, number: 1, type, label: "LABEL_OPTIONAL", jsonName: name });
const file = fromJson(FileDescriptorProtoSchema, {
  name: "bench.proto",
  package: "echo",
  syntax: "proto3",
  messageType: [
    { name: "Req", field: [field("mes", "TYPE_STRING")] },
    { name: "Resp", field: [field("resp", "TYPE_STRING")] },
    { name: "Order", field: [field("count", "TYPE_INT32"), { ...field("size", "TYPE_INT32"), number: 2 }] },
    { name: "Chunk", field: [field("data", "TYPE_BYTES")] },
  ],
  service: [{
    name: "EchoService",
    method: [
      { name: "Echo", inputType: ".echo.Req", outputType: ".echo.Resp" },
      { name: "Download", inputType: ".echo.Order", outputType: ".echo.Chunk", serverStreaming: true },
      {
        name: "Chat",
        inputType: ".echo.Req",
        outputType: ".echo.Resp",
        clientStreaming: true,
        serverStreaming: true,
      },
    ],
  }],
});
const service = createFileRegistry(file, () => undefined).getService("echo.EchoService");

const handler = connectNodeAdapter({
  routes: (router) =>
    router.service(service, {
      echo: (req) => ({ resp: req.mes }),
      async *download({ count, size }) {
        const chunk = { data: new Uint8Array(size) };
        for (let i = 0; i < count; i++) yield chunk;
      },
      async *chat(requests) {
        for await (const { mes } of requests) yield { resp: mes };
      },
    }),
});
const server = tls ? http2.createSecureServer(tls, handler) : http2.createServer(handler);
server.listen(0, "127.0.0.1", () => ready(server.address().port));
