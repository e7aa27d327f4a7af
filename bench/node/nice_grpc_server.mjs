/** The bench's server on nice-grpc. */
import { ServerCredentials } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { createServer } from "nice-grpc";
import { EchoService } from "./echo.mjs";
import { ready, tls } from "./flags.mjs";

const server = createServer();
// Of definitions that proto-loader made, it takes the names as they stand in the .proto.
server.add(EchoService.service, {
  Echo: (req) => Promise.resolve({ resp: req.mes }),
  async *Download({ count, size }) {
    const chunk = { data: Buffer.alloc(size) };
    for (let i = 0; i < count; i++) yield chunk;
  },
  async *Chat(requests) {
    for await (const { mes } of requests) yield { resp: mes };
  },
});
const credentials = tls && ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }]);
ready(await server.listen("127.0.0.1:0", credentials));
