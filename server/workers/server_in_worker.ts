import { parseAddress } from "../../base/address.ts";
import type { Logger } from "../../base/logger.ts";
import { chooseTransport } from "../../transport/choose.ts";
import type { ServerTransport } from "../../transport/transport.ts";
import { GrpcServer } from "../grpc_server.ts";
import type { ServerOptions } from "../options.ts";
import { settingsOf } from "../settings.ts";
import type { ThisWorker } from "./this_worker.ts";

/**
 * Creates the server of a worker. The main thread decides on its address and when it stops.
 *
 * @param options The options of createServer, which are the same as in the main thread.
 * @param worker The worker that this thread is.
 * @param close Closes what belongs to the server.
 * @throws {TypeError} If an option is missing, unknown or malformed.
 */
export function serverInWorker(
  options: ServerOptions,
  worker: ThisWorker,
  close: () => Promise<void>,
): GrpcServer {
  // The main thread handles the health port, the registry, signals and the timeouts of a stop.
  const { health: _, registry: _r, advertise: _a, workers: _w, ...own } = options;
  const { logger, checks, checkTimeout } = settingsOf(options);
  const inWorker: ServerOptions = {
    ...own,
    transport: transportOf(worker, options.name),
    logger: loggerOf(logger, worker.index),
    drainDelay: 0,
    drainTimeout: Number.MAX_SAFE_INTEGER,
  };
  return new GrpcServer(inWorker, { ...settingsOf(inWorker), checks, checkTimeout }, close, worker);
}

/** Returns the kit's transport, which listens on the address that the main thread sends. */
function transportOf(worker: ThisWorker, name: string): ServerTransport {
  return {
    name: "http2",
    permissions: [],
    async listen(options) {
      if (name !== worker.server) {
        throw new TypeError(
          `the program runs in the workers of the server ${JSON.stringify(worker.server)} too, where it can't start ` +
            `${JSON.stringify(name)}: give that one a program of its own, or start it only where self.name is ""`,
        );
      }
      const { address, tls } = await worker.orders();
      const transport = await chooseTransport<ServerTransport>();
      return await transport.listen({
        ...options,
        address: parseAddress(address, "orders"),
        tls: tls ?? options.tls,
        reusePort: true,
      });
    },
  };
}

/**
 * Returns a logger that adds the number of the worker to each line. Info lines become debug lines, because the main
 * thread logs start and stop.
 */
function loggerOf(logger: Logger, worker: number): Logger {
  const at = (level: keyof Logger): Logger["info"] => (message, fields) =>
    logger[level](message, { ...fields, worker });
  return { debug: at("debug"), info: at("debug"), warn: at("warn"), error: at("error") };
}
