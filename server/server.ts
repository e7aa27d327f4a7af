import type { Service } from "../rpc/service.ts";
import type { ServerTls } from "../transport/transport.ts";
import type { ServerMiddleware } from "./call/dispatch.ts";
import type { Handlers } from "./call/handlers.ts";
import type { LimitName } from "./limit_hits.ts";

/** A gRPC server. Create it with {@linkcode createServer}, add services, then run it. */
export interface Server extends AsyncDisposable {
  /** The address on which the server takes calls. Port 0 is replaced by the real port when the server starts. */
  readonly address: string;
  /** The address of the HTTP health endpoint; undefined without the option `health`. */
  readonly healthAddress: string | undefined;
  /**
   * How often each limit was exceeded since the server started, by its name in `limits`. Also counts the calls that
   * `overload`, `rate` and `concurrency` rejected, and as `deadline` those whose deadline had passed before they began.
   * Names with the count 0 are omitted. With workers, the counts are up to a second old.
   */
  readonly limitHits: ReadonlyMap<LimitName, number>;
  /** Resolves when the server has stopped. Rejects if it could not start or stop. */
  readonly finished: Promise<void>;
  /**
   * Adds a service.
   *
   * @param service The generated definition.
   * @param handlers One function for each of its methods.
   * @returns The server, for chaining.
   * @throws {TypeError} If the service was already added, or a handler is missing or misspelt.
   */
  add<S extends Service>(service: S, handlers: Handlers<S>): this;
  /**
   * Adds middleware around every call. The first one added is the outermost.
   *
   * @returns The server, for chaining.
   */
  use(...middleware: ServerMiddleware[]): this;
  /**
   * Starts the server: checks permissions, listens, answers health checks and registers, in this order.
   *
   * @throws {Deno.errors.NotCapable} If a permission is missing. The error shows the command that grants all of them.
   * @throws {Deno.errors.AddrInUse} If an address is in use.
   * @throws {TypeError} If no service was added, if the registry does not accept the registration, or if the server was
   * already stopped: a server starts only once.
   */
  start(): Promise<void>;
  /**
   * Stops the server. Health checks answer 503, and the server leaves the registry. It takes calls for `drainDelay`
   * longer, lets in-flight calls end within `drainTimeout`, and cancels the rest. A second call waits for the same
   * stop.
   *
   * @param options With `force`, calls are cancelled at once, even if a graceful stop is in progress.
   * @throws {Error} If the event loop of a worker is blocked. Only the end of the process ends such a worker.
   */
  stop(options?: { force?: boolean }): Promise<void>;
  /**
   * Starts or ends Consul's maintenance mode: clients avoid the server while it keeps running. The mode survives
   * restarts of the registry, and lasts until you end it or the server stops.
   *
   * @param reason The reason, which the registry shows to people; undefined ends the mode.
   * @throws {TypeError} If the server has not started, or its registry has no maintenance mode.
   */
  maintenance(reason: string | undefined): void;
  /**
   * Replaces the certificate without a restart. New connections use the new one, and existing connections stay open.
   * The exception: if `ca` changes, connections of clients whose certificates the new `ca` does not accept take no new
   * calls, and their in-flight calls must end within `limits.connectionAgeGrace`.
   *
   * @example Reloads a certificate when its files change. Needs permission to read their folder.
   * ```ts ignore
   * import { createServer } from "@dinokit/dinokit";
   *
   * const read = async () => ({
   *   cert: await Deno.readTextFile("tls/cert.pem"),
   *   key: await Deno.readTextFile("tls/key.pem"),
   * });
   * const server = createServer({ name: "echoservice", address: ":8888", tls: await read() });
   * const watcher = Deno.watchFs("tls");
   * (async () => {
   *   // While only one of the two files is new, they do not match: setTls throws, and changes nothing.
   *   for await (const _ of watcher) await read().then((tls) => server.setTls(tls)).catch(console.warn);
   * })();
   * await server.run();
   * watcher.close();
   * ```
   *
   * @param tls The certificate and key, and `ca` if clients must present certificates.
   * @throws {TypeError} If the certificate or key is invalid, if the server has no TLS, if `ca` would be added or
   * removed, or if the transport can't change its certificate.
   */
  setTls(tls: ServerTls): void;
  /**
   * Starts the server, and stops it at SIGINT or SIGTERM. A second signal forces the stop. A signal within 500 ms of
   * the first is ignored, because `deno task` repeats a Ctrl-C that the terminal has already sent. Resolves when the
   * server has stopped.
   */
  run(): Promise<void>;
}
