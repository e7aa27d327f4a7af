import {
  type Client,
  createClient,
  createLogger,
  createServer,
  memoryTransport,
  type Methods,
  type Service,
} from "../../../../mod.ts";
import { addHandlers } from "./mod.ts";

/** A client of the handlers for a test: in memory, without a socket and without permissions. Both end with the scope. */
export async function connect<M extends Methods>(
  service: Service<M>,
): Promise<{ client: Client<M> } & AsyncDisposable> {
  const common = { address: "memory:test", transport: memoryTransport(), logger: createLogger("warn") };
  const server = createServer({ name: "test", ...common });
  addHandlers(server);
  await server.start();
  const client = createClient(service, common);
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
