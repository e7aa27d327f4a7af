import { parseAddress } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import { chooseTransport } from "../transport/choose.ts";
import type { Transport } from "../transport/transport.ts";
import { GrpcServer } from "./grpc_server.ts";
import { type ServerOptions, settingsOf } from "./options.ts";
import type { Subordinate, ThisWorker } from "./this_worker.ts";

/** A server in a worker: it listens where the main thread says, and stops when that says so. */
export class ServerInWorker extends GrpcServer implements Subordinate {
  readonly #worker: ThisWorker;
  #starting: Promise<void> | undefined;
  #serves = false;

  /**
   * Makes it of the options that the main thread was given too.
   *
   * @throws {TypeError} As createServer does.
   */
  constructor(options: ServerOptions, worker: ThisWorker) {
    // The health port, the registry, signals and the times of the end are the main thread's.
    const { health: _, registry: _r, advertise: _a, workers: _w, ...own } = options;
    const { logger, checks, checkTimeout } = settingsOf(options);
    const inWorker: ServerOptions = {
      ...own,
      transport: ordered(worker, options.name),
      logger: logged(logger, worker.index),
      drainDelay: 0,
      drainTimeout: Number.MAX_SAFE_INTEGER,
    };
    super(inWorker, { ...settingsOf(inWorker), checks, checkTimeout });
    this.#worker = worker;
  }

  override start(): Promise<void> {
    return this.#starting ??= super.start().then(() => {
      this.#serves = true;
      this.#worker.serving(this);
    }, (error) => {
      this.#worker.failed(error);
      throw error;
    });
  }

  override async stop(options?: { force?: boolean }): Promise<void> {
    await super.stop(options);
    if (this.#serves) this.#worker.stopped();
    this.#serves = false;
  }

  override maintenance(): void {} // the main thread's

  protected override watchCertificates(): void {} // the main thread's

  override async run(): Promise<void> {
    await this.start();
    await this.finished;
  }
}

/** The kit's transport, at the address that the main thread gives. */
function ordered(worker: ThisWorker, name: string): Transport {
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
      const transport = await chooseTransport("createServer");
      return await transport.listen({
        ...options,
        address: parseAddress(address, "orders"),
        tls: tls ?? options.tls,
        reusePort: true,
      });
    },
    connect: () => Promise.reject(new TypeError("a server connects to nobody")),
  };
}

/** Says in each line which worker it is; that it starts and stops is told by the main thread. */
function logged(logger: Logger, worker: number): Logger {
  const at = (level: keyof Logger): Logger["info"] => (message, fields) =>
    logger[level](message, { ...fields, worker });
  return { debug: at("debug"), info: at("debug"), warn: at("warn"), error: at("error") };
}
