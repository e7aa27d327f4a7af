import { type Address, formatAddress } from "../rpc/address.ts";
import { netPermissions, requirePermissions } from "../rpc/permissions.ts";
import type { Methods, Service } from "../rpc/service.ts";
import { advertisedAddress, advertisePermissions } from "../registry/advertise.ts";
import type { Lease } from "../registry/registry.ts";
import { chooseTransport, transportPermissions } from "../transport/choose.ts";
import { LONGEST_TIMER } from "../transport/limits.ts";
import type { Limits, Listener, ServerTls } from "../transport/transport.ts";
import { createDispatcher, type ServerMiddleware } from "./dispatch.ts";
import { dropPermissions } from "./drop_permissions.ts";
import { type Handlers, type Route, routesOf } from "./handlers.ts";
import { type HealthServer, type Phase, serveHealth } from "./health.ts";
import { healthRoutes, type Watched } from "./health_service.ts";
import { checkTls, type ServerOptions, type Settings, settingsOf } from "./options.ts";

/** A server: made by {@linkcode createServer}, told what it serves, then run. */
export interface Server extends AsyncDisposable {
  /** Where it takes calls. The port is the real one once it was started. */
  readonly address: string;
  /** Where it answers health checks; undefined without `health`. */
  readonly healthAddress: string | undefined;
  /** How often each limit was passed since it started, by its name in `limits`; only those that were. */
  readonly limitHits: ReadonlyMap<keyof Limits, number>;
  /** Resolves when it has stopped; rejects if it could not start. */
  readonly finished: Promise<void>;
  /**
   * Adds a service.
   *
   * @param service The generated definition.
   * @param handlers One function for each of its methods.
   * @returns The server, for chaining.
   * @throws {TypeError} If the service is there already, or a handler is missing or misspelt.
   */
  add<M extends Methods>(service: Service<M>, handlers: Handlers<M>): this;
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
   */
  start(): Promise<void>;
  /**
   * Stops: health says 503, leaves the registry, goes on for `drainDelay`, lets calls in flight end within `drainTimeout`, then
   * cuts. Called again it waits for the same end.
   *
   * @param options With `force` it cuts at once, also while a slower stop goes on.
   */
  stop(options?: { force?: boolean }): Promise<void>;
  /**
   * Shows another certificate to those who connect from now on, for example when it was renewed. Connections that are there stay.
   *
   * @throws {TypeError} If certificate or key are no PEM texts, the server does not serve with TLS, or its transport can't.
   */
  setTls(tls: ServerTls): void;
  /** Starts, and stops at SIGINT or SIGTERM; a second signal cuts at once. Resolves when it has stopped. */
  run(): Promise<void>;
}

/**
 * Makes a server. It touches nothing before {@linkcode Server.start} or {@linkcode Server.run}.
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
 * @param options Its name, its addresses and all else.
 * @throws {TypeError} If an option is missing, unknown or malformed; the message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function createServer(options: ServerOptions): Server {
  return new GrpcServer(options, settingsOf(options));
}

class GrpcServer implements Server {
  readonly #options: ServerOptions;
  readonly #settings: Settings;
  readonly #routes = new Map<string, Route>();
  readonly #services = new Set<string>();
  readonly #middleware: ServerMiddleware[] = [];
  readonly #finished = Promise.withResolvers<void>();
  readonly #cut = Promise.withResolvers<void>();
  readonly #phase: Watched<Phase> = { value: "starting", watchers: new Set() };
  #listener: Listener | undefined;
  #health: HealthServer | undefined;
  #lease: Lease | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ServerOptions, settings: Settings) {
    this.#options = options;
    this.#settings = settings;
    // Whoever does not ask for it must not die of it: start() rejects with the same error.
    this.#finished.promise.catch(() => {});
  }

  get address(): string {
    return formatAddress(this.#listener?.address ?? this.#settings.address);
  }

  get healthAddress(): string | undefined {
    const address = this.#health?.address ?? this.#settings.healthAddress;
    return address && formatAddress(address);
  }

  get limitHits(): ReadonlyMap<keyof Limits, number> {
    return this.#listener?.limitHits ?? new Map();
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  add<M extends Methods>(service: Service<M>, handlers: Handlers<M>): this {
    if (this.#starting) throw new TypeError(`server.add: ${service.typeName} comes too late, the server was started`);
    if (this.#services.has(service.typeName)) throw new TypeError(`server.add: ${service.typeName} was added already`);
    for (const [path, route] of routesOf(service, handlers)) this.#routes.set(path, route);
    this.#services.add(service.typeName);
    return this;
  }

  use(...middleware: ServerMiddleware[]): this {
    if (this.#starting) throw new TypeError("server.use: the server was started; add middleware before");
    this.#middleware.push(...middleware);
    return this;
  }

  start(): Promise<void> {
    if (this.#stopping && !this.#starting) return Promise.reject(new TypeError("server.start: the server was stopped"));
    return this.#starting ??= this.#start().catch(async (error) => {
      this.#finished.reject(error);
      await this.stop({ force: true });
      throw error;
    });
  }

  async #start(): Promise<void> {
    this.#preflight();
    const transport = await chooseTransport("createServer", this.#options.transport);
    const { address, healthAddress, limits, logger } = this.#settings;
    if (this.#services.size === 0) throw new TypeError("server.start: there is nothing to serve; add a service first");
    const { compression = "identity", tls, name } = this.#options;
    this.#listener = await transport.listen({ address, tls, limits, compression, logger, onCall: this.#dispatcher() });
    if (healthAddress) {
      this.#health = serveHealth(healthAddress, {
        service: name,
        checks: this.#options.health!.checks ?? {},
        checkTimeout: this.#options.health!.checkTimeout ?? 1000,
        logger,
        phase: () => this.#phase.value,
      });
    }
    if (this.#stopping) {
      await Promise.all([this.#listener.close(), this.#health?.close()]);
      throw new Error(`the server ${JSON.stringify(name)} was stopped while it started`);
    }
    this.#enter("serving");
    logger.info("serving", {
      service: name,
      address: this.address,
      health: this.healthAddress,
      transport: transport.name,
    });
    this.#register();
    if (this.#options.dropPermissions) dropPermissions(address, logger);
  }

  #preflight(): void {
    const { address, healthAddress } = this.#settings;
    const needed = [...netPermissions(address), ...transportPermissions(this.#options.transport)];
    if (healthAddress) needed.push(...netPermissions(healthAddress));
    const { registry, advertise, name } = this.#options;
    if (registry) needed.push(...registry.permissions);
    if (registry) needed.push(...advertisePermissions(address, advertise));
    requirePermissions(`createServer(${JSON.stringify(name)})`, needed);
  }

  #dispatcher(): ReturnType<typeof createDispatcher> {
    const health = healthRoutes(() => this.#services, this.#phase);
    return createDispatcher({
      // The application's own grpc.health.v1 service, if it has one, goes before ours.
      routes: new Map([...health, ...this.#routes]),
      middleware: this.#middleware,
      metainfo: this.#settings.metainfo,
      logger: this.#settings.logger,
    });
  }

  #register(): void {
    const { registry, name, weight, tags, meta, advertise } = this.#options;
    if (!registry) return;
    const { logger } = this.#settings;
    const { address, note } = advertisedAddress(this.#listener!.address, advertise);
    if (note) logger.info(note, { service: name, address });
    this.#lease = registry.register({ name, address, healthUrl: this.#healthUrl(address), weight, tags, meta }, logger);
  }

  /** The health endpoint as the registry reaches it: where it listens on all interfaces, by the advertised host. */
  #healthUrl(advertised: string): string | undefined {
    if (!this.#health) return undefined;
    const { address } = this.#health;
    const host = isWildcard(address) ? advertised.slice(0, advertised.lastIndexOf(":")) : address.host;
    return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${address.port}/health`;
  }

  #enter(phase: Phase): void {
    this.#phase.value = phase;
    for (const watcher of this.#phase.watchers) watcher();
  }

  stop({ force = false }: { force?: boolean } = {}): Promise<void> {
    if (force) this.#cut.resolve();
    return this.#stopping ??= this.#stop().then(() => this.#finished.resolve());
  }

  async #stop(): Promise<void> {
    const { drainDelay, drainTimeout, logger } = this.#settings;
    this.#enter("draining");
    // A start under way ends first, so that what it opened is closed.
    if (this.#starting && !this.#listener) await Promise.race([this.#starting.catch(() => {}), this.#cut.promise]);
    if (this.#listener) {
      logger.info("draining", { service: this.#options.name, delay: drainDelay, timeout: drainTimeout });
    }
    if (this.#lease) await this.#patiently(3000, this.#lease.release());
    if (this.#listener) {
      await this.#patiently(drainDelay);
      await this.#patiently(drainTimeout, this.#listener.drain());
      await this.#listener.close();
    }
    await this.#health?.close();
    if (this.#listener) logger.info("stopped", { service: this.#options.name });
  }

  /** Waits until `done`, the time is over or the server is cut. */
  async #patiently(milliseconds: number, done?: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(milliseconds, LONGEST_TIMER));
    await Promise.race([late, this.#cut.promise, ...(done ? [done] : [])]);
    clearTimeout(timer);
  }

  setTls(tls: ServerTls): void {
    checkTls("server.setTls", tls);
    if (!this.#options.tls || !this.#listener?.setTls) {
      throw new TypeError('server.setTls: give the option tls, start the server, and use the transport "http2"');
    }
    this.#listener.setTls(tls);
  }

  async run(): Promise<void> {
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
    const onSignal = () => void this.stop({ force: this.#stopping !== undefined });
    for (const signal of signals) Deno.addSignalListener(signal, onSignal);
    try {
      await this.start();
      await this.finished;
    } finally {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const isWildcard = (address: Address) =>
  address.kind === "tcp" && (address.host === "0.0.0.0" || address.host === "::");
