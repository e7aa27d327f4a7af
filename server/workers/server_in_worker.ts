import { parseAddress } from "../../base/address.ts";
import type { Logger } from "../../base/logger.ts";
import { chooseTransport } from "../../transport/choose.ts";
import type { ServerTransport } from "../../transport/transport.ts";
import { GrpcServer } from "../grpc_server.ts";
import { type ServerOptions, settingsOf } from "../options.ts";
import type { ThisWorker } from "./this_worker.ts";

/**
 * Makes the server of a worker. It listens where the main thread says, and stops when the main thread says so.
 *
 * @param options The options that the main thread was given too.
 * @param worker The worker that this thread is.
 * @throws {TypeError} As createServer does.
 */
export function serverInWorker(options: ServerOptions, worker: ThisWorker): GrpcServer {
  // The main thread keeps the health port, the registry, signals and the times of the end.
  const { health: _, registry: _r, advertise: _a, workers: _w, ...own } = options;
  const { logger, checks, checkTimeout } = settingsOf(options);
  const inWorker: ServerOptions = {
    ...own,
    transport: ordered(worker, options.name),
    logger: logged(logger, worker.index),
    drainDelay: 0,
    drainTimeout: Number.MAX_SAFE_INTEGER,
  };
  return new GrpcServer(inWorker, { ...settingsOf(inWorker), checks, checkTimeout }, worker);
}

/** The kit's transport, at the address that the main thread gives. */
function ordered(worker: ThisWorker, name: string): ServerTransport {
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

/** Says in each line which worker it is; that it starts and stops is told by the main thread. */
function logged(logger: Logger, worker: number): Logger {
  const at = (level: keyof Logger): Logger["info"] => (message, fields) =>
    logger[level](message, { ...fields, worker });
  return { debug: at("debug"), info: at("debug"), warn: at("warn"), error: at("error") };
}
