import type { Service } from "../rpc/service.ts";
import type { ServerTls } from "../transport/transport.ts";
import type { ServerMiddleware } from "./call/dispatch.ts";
import type { Handlers } from "./call/handlers.ts";
import type { LimitName } from "./limit_hits.ts";

/** A server: made by {@linkcode createServer}, told what it serves, then run. */
export interface Server extends AsyncDisposable {
  /** Where it takes calls. The port is the real one once it was started. */
  readonly address: string;
  /** Where it answers health checks; undefined without `health`. */
  readonly healthAddress: string | undefined;
  /**
   * How often each limit was passed since it started, by its name in `limits`, and how many calls were refused by
   * `overload`, `rate` and `concurrency` or not begun as their `deadline` had passed; only those that were. With
   * workers up to a second late.
   */
  readonly limitHits: ReadonlyMap<LimitName, number>;
  /** Resolves when it has stopped; rejects if it could not start or not stop. */
  readonly finished: Promise<void>;
  /**
   * Adds a service.
   *
   * @param service The generated definition.
   * @param handlers One function for each of its methods.
   * @returns The server, for chaining.
   * @throws {TypeError} If the service is there already, or a handler is missing or misspelt.
   */
  add<S extends Service>(service: S, handlers: Handlers<S>): this;
  /**
   * Adds middleware around every call; what was added first is the outermost.
   *
   * @returns The server, for chaining.
   */
  use(...middleware: ServerMiddleware[]): this;
  /**
   * Starts: checks permissions, listens, answers health checks, registers.
   *
   * @throws {Deno.errors.NotCapable} If a permission is missing; the message gives the command that has them all.
   * @throws {Deno.errors.AddrInUse} If another process listens on one of its addresses.
   * @throws {TypeError} If there is nothing to serve, the registry can't hold the registration, or it was stopped: a
   * server starts once.
   */
  start(): Promise<void>;
  /**
   * Stops: health says 503, leaves the registry, goes on for `drainDelay`, lets calls in flight end within
   * `drainTimeout`, then cuts. Called again it waits for the same end.
   *
   * @param options With `force` it cuts at once, also while a slower stop goes on.
   * @throws {Error} If a worker stands still, which only the end of the process ends.
   */
  stop(options?: { force?: boolean }): Promise<void>;
  /**
   * Has the registry lead clients away while the server runs on, or back: Consul's maintenance mode. It holds over
   * restarts of the registry, until it is ended or the server stops.
   *
   * @param reason Why, for people who look into the registry; undefined ends it.
   * @throws {TypeError} If the server is not started, or its registry has no such mode.
   */
  maintenance(reason: string | undefined): void;
  /**
   * Shows another certificate to those who connect from now on; the server need not be started again. Connections that
   * there are go on, but for those of clients that another `ca` does not cover: they take no new calls, and calls in
   * flight end within `limits.connectionAgeGrace`.
   *
   * @example A certificate that is renewed on disk; needs permission to read its folder.
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
   *   // While only one of the files is new, they don't belong together: setTls says so and changes nothing.
   *   for await (const _ of watcher) await read().then((tls) => server.setTls(tls)).catch(console.warn);
   * })();
   * await server.run();
   * watcher.close();
   * ```
   *
   * @param tls Certificate and key, and `ca` if the server asks its clients for theirs.
   * @throws {TypeError} If they are not right, or the server has no TLS, asks no client for a certificate or can't
   * change it.
   */
  setTls(tls: ServerTls): void;
  /**
   * Starts, and stops at SIGINT or SIGTERM; a second signal cuts at once, unless it comes within half a second of the
   * first: `deno task` passes on a Ctrl-C that the terminal has sent already. Resolves when it has stopped.
   */
  run(): Promise<void>;
}
