import { GrpcServer } from "./grpc_server.ts";
import type { ServerOptions } from "./options.ts";
import { settingsOf } from "./settings.ts";
import type { Server } from "./server.ts";
import { workerTransport } from "./workers/pool.ts";
import { serverInWorker } from "./workers/server_in_worker.ts";
import { thisWorker } from "./workers/this_worker.ts";

/**
 * Creates a server. It opens no socket or file before {@linkcode Server.start} or {@linkcode Server.run}.
 *
 * @example
 * ```ts ignore
 * import { consul, createServer } from "@dinokit/dinokit";
 * import { EchoService } from "./proto/echo.ts";
 *
 * const server = createServer({
 *   name: "echoservice",
 *   address: "127.0.0.1:8888",
 *   health: { address: "127.0.0.1:8889" },
 *   registry: consul("127.0.0.1:8500"),
 * });
 * server.add(EchoService, { echo: (req) => ({ resp: req.mes }) });
 * await server.run();
 * ```
 *
 * @param options The options; `name` and `address` are required.
 * @throws {TypeError} If an option is missing, unknown or malformed. The error names it.
 * @throws {RangeError} If a number is out of range.
 */
export function createServer(options: ServerOptions): Server {
  return createServerThatCloses(options, async () => {});
}

/**
 * Creates a server, like {@linkcode createServer}.
 *
 * @param close Closes what belongs to the server, after it has taken its last call and before its stop ends.
 */
export function createServerThatCloses(options: ServerOptions, close: () => Promise<void>): Server {
  const worker = thisWorker();
  if (worker) return serverInWorker(options, worker, close);
  const settings = settingsOf(options);
  if (!settings.workers) return new GrpcServer(options, settings, close);
  return new GrpcServer({ ...options, transport: workerTransport(options.name, settings.workers) }, settings, close);
}
