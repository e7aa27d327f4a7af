/** The bench's server on grpc-js: for Node and for Deno. */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { EchoService } from "./echo.mjs";
import { ready, tls } from "./flags.mjs";

const server = new Server();
server.addService(EchoService.service, {
  echo: (call, callback) => callback(null, { resp: call.request.mes }),
  async download(call) {
    const chunk = { data: Buffer.alloc(call.request.size) };
    for (let i = 0; i < call.request.count; i++) {
      if (!call.write(chunk)) await new Promise((resolve) => call.once("drain", resolve));
    }
    call.end();
  },
  chat(call) {
    call.on("data", ({ mes }) => call.write({ resp: mes }));
    call.on("end", () => call.end());
    call.on("error", () => {}); // a load generator hangs up
  },
});
const credentials = tls
  // An empty Buffer and not null: with null Deno's node:tls refuses every client.
  ? ServerCredentials.createSsl(Buffer.alloc(0), [{ cert_chain: tls.cert, private_key: tls.key }])
  : ServerCredentials.createInsecure();
server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
  if (error) throw error;
  ready(port);
});
