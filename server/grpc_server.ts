import { formatAddress } from "../base/address.ts";
import { checkOption } from "../base/options/check_options.ts";
import { callable } from "../base/options/fields.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import { DetachedWork } from "../rpc/detached_work.ts";
import { RpcError } from "../rpc/error.ts";
import type { Service } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import { within } from "../base/wait.ts";
import type { Lease } from "../registry/registry.ts";
import { chooseTransport } from "../transport/choose.ts";
import { prepareForShortage } from "../transport/file_descriptors.ts";
import type { Listener, ServerTls } from "../transport/transport.ts";
import { Admission } from "./admission/admission.ts";
import { CertificateWatch } from "./certificate_watch.ts";
import { createDispatcher, type ServerMiddleware } from "./call/dispatch.ts";
import { Decoder } from "./call/decoder.ts";
import { Draining } from "./call/draining.ts";
import { dropPermissions } from "./drop_permissions.ts";
import { type Handlers, type Route, routesOf } from "./call/handlers.ts";
import { healthHandler } from "./health/http_handler.ts";
import { HealthChecks } from "./health/checks.ts";
import { HealthServer } from "./health/http_server.ts";
import { healthRoutes } from "./health/grpc_service.ts";
import { ServerPhase } from "./health/server_phase.ts";
import { addHits, type LimitHits, type LimitName } from "./limit_hits.ts";
import { listening } from "./listening.ts";
import { checkNewTls } from "./new_tls.ts";
import type { ServerOptions } from "./options.ts";
import type { Settings } from "./settings.ts";
import { preflight } from "./preflight.ts";
import { maintain, register, release } from "./registration.ts";
import { reflectionRoutes } from "./reflection.ts";
import type { Server } from "./server.ts";
import { onEndSignals } from "./signals.ts";

/** How long a stop waits at least for what belongs to the server, such as clients, after the drain. */
const CLOSE_MS = 1000;

/** The error of a start during which the server was stopped. */
class StoppedEarly extends Error {}

/**
 * The worker that a server runs in. It reports to the main thread, which handles signals, the registration and the
 * expiry of certificates.
 */
export interface Supervisor {
  serving(server: GrpcServer): void;
  failed(error: unknown): void;
  stopped(): void;
}

/** The implementation of {@linkcode Server}. It owns the order of start and stop. */
export class GrpcServer implements Server {
  readonly #options: ServerOptions;
  readonly #settings: Settings;
  readonly #close: () => Promise<void>;
  readonly #supervisor: Supervisor | undefined;
  readonly #routes = new Map<string, Route>();
  readonly #services = new Map<string, Service>();
  readonly #middleware: ServerMiddleware[] = [];
  readonly #finished = Promise.withResolvers<void>();
  readonly #cut = new AbortController();
  readonly #admission: Admission;
  readonly #decoder: Decoder;
  readonly #draining = new Draining();
  readonly #detachedWork = new DetachedWork();
  readonly #checks: HealthChecks;
  readonly #phase = new ServerPhase();
  readonly #certificates: CertificateWatch;
  #tls: ServerTls | undefined;
  #listener: Listener | undefined;
  #health: HealthServer | undefined;
  #lease: Lease | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** When the time of the drain is over, in milliseconds of `performance.now()`. */
  #drainUntil = 0;

  /**
   * @param options The options of createServer.
   * @param settings The same options, checked and with their defaults.
   * @param close Closes what belongs to the server, at the end of its stop.
   * @param supervisor The worker that the server runs in; undefined in the main thread.
   */
  constructor(options: ServerOptions, settings: Settings, close: () => Promise<void>, supervisor?: Supervisor) {
    this.#options = options;
    this.#settings = settings;
    this.#decoder = new Decoder(settings.limits.decodedMessageBytes);
    this.#close = close;
    this.#supervisor = supervisor;
    this.#tls = settings.tls;
    this.#certificates = new CertificateWatch(settings.logger, options.name);
    this.#admission = new Admission({
      policy: settings.policy,
      // With workers, each worker watches the policy, because it takes the calls.
      source: settings.workers ? undefined : options.policy,
      allowInjection: settings.allowInjection,
      logger: settings.logger,
      onStrain: (strained) => this.#phase.strained(strained, options.name, settings.logger),
    });
    const { workers, checks, checkTimeout, logger } = settings;
    const allChecks = { ...(workers && { workers: () => this.#checkListener() }), ...checks };
    this.#checks = new HealthChecks(allChecks, checkTimeout, logger);
    // Without this, a program that does not use `finished` would end by an unhandled rejection. start() rejects with
    // the same error.
    this.#finished.promise.catch(() => {});
  }

  get address(): string {
    return formatAddress(this.#listener?.address ?? this.#settings.address);
  }

  get healthAddress(): string | undefined {
    const address = this.#health?.address ?? this.#settings.healthAddress;
    return address && formatAddress(address);
  }

  get limitHits(): LimitHits {
    const sum = new Map<LimitName, number>(this.#admission.counts);
    if (this.#decoder.excesses > 0) sum.set("decodedMessageBytes", this.#decoder.excesses);
    addHits(sum, (this.#listener?.limitHits ?? new Map()) as LimitHits);
    return sum;
  }

  /** Whether the server has been overloaded for `overload.unreadyAfter`. */
  get overloaded(): boolean {
    return this.#phase.value === "overloaded";
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  add<S extends Service>(service: S, handlers: Handlers<S>): this {
    if (this.#starting) throw new TypeError(`server.add: ${service.typeName} was added after the start; add it before`);
    if (this.#services.has(service.typeName)) throw new TypeError(`server.add: ${service.typeName} was added already`);
    for (const [path, route] of routesOf(service, handlers)) this.#routes.set(path, route);
    this.#services.set(service.typeName, service);
    return this;
  }

  use(...middleware: ServerMiddleware[]): this {
    if (this.#starting) throw new TypeError("server.use: the server was started; add middleware before");
    for (const layer of middleware) checkOption("server.use", "middleware", callable("a function (call, next)"), layer);
    this.#middleware.push(...middleware);
    return this;
  }

  maintenance(reason: string | undefined): void {
    if (!this.#supervisor) maintain(this.#lease, reason);
  }

  setTls(tls: ServerTls): void {
    const checked = checkNewTls(this.#tls, tls, this.#listener);
    this.#tls = checked;
    this.#listener?.setTls?.(checked);
    if (this.#listener && !this.#stopping) this.#watchCertificates(checked);
  }

  start(): Promise<void> {
    if (this.#stopping) return this.#startTooLate();
    return this.#starting ??= outsideScopes(() =>
      this.#start().then(() => this.#supervisor?.serving(this), async (error) => {
        if (!(error instanceof StoppedEarly)) this.#finished.reject(error);
        await this.stop({ force: true });
        this.#supervisor?.failed(error);
        throw error;
      })
    );
  }

  async #startTooLate(): Promise<never> {
    // If the start failed, its error is more specific than the one below.
    await this.#starting;
    throw new TypeError("server.start: the server was stopped; make a new one by createServer");
  }

  async #start(): Promise<void> {
    preflight(this.#options, this.#settings);
    const transport = await chooseTransport(this.#options.transport);
    const { address, healthAddress, limits, compression, logger } = this.#settings;
    if (this.#services.size === 0) throw new TypeError("server.start: there is nothing to serve; add a service first");
    const { name } = this.#options;
    const options = {
      tls: this.#tls,
      limits,
      compression,
      logger,
      onCall: this.#dispatcher(),
    };
    this.#admission.open();
    prepareForShortage();
    this.#listener = await listening("address", address, (address) => transport.listen({ ...options, address }));
    if (healthAddress) {
      const handler = healthHandler({ service: name, checks: this.#checks, phase: () => this.#phase.value });
      const listen = (address: typeof healthAddress) => new HealthServer(address, handler, logger);
      this.#health = await listening("health.address", healthAddress, listen);
    }
    if (this.#stopping) {
      await Promise.all([this.#listener.close(), this.#health?.close()]);
      throw new StoppedEarly(`the server ${JSON.stringify(name)} was stopped while it started`);
    }
    this.#phase.enter("serving");
    logger.info("serving", {
      service: name,
      address: this.address,
      health: this.healthAddress,
      transport: transport.name,
      workers: this.#settings.workers?.count,
    });
    if (this.#tls) this.#watchCertificates(this.#tls);
    this.#lease = register(this.#options, this.#listener.address, this.#health?.address, logger);
    if (this.#options.dropPermissions) dropPermissions(this.#options, this.#settings);
  }

  /** Warns about invalid certificates. Only the main thread does, so that each warning is logged once. */
  #watchCertificates(tls: ServerTls): void {
    if (!this.#supervisor) this.#certificates.watch(tls);
  }

  #checkListener(): void {
    const trouble = this.#listener?.trouble;
    if (trouble !== undefined) throw new Error(trouble);
  }

  #dispatcher(): ReturnType<typeof createDispatcher> {
    const health = healthRoutes(() => this.#services, this.#phase, this.#checks);
    const reflection = this.#options.reflection ? reflectionRoutes([...this.#services.values()], this.#phase) : [];
    return createDispatcher({
      name: this.#options.name,
      // Services that the application adds under these names take precedence over the kit's.
      routes: new Map([...health, ...reflection, ...this.#routes]),
      middleware: this.#middleware,
      metainfo: this.#settings.metainfo,
      admission: this.#admission,
      decoder: this.#decoder,
      draining: this.#draining,
      detachedWork: this.#detachedWork,
      logger: this.#settings.logger,
    });
  }

  /** Announces the stop: `grpc.health.v1` answers NOT_SERVING, and the server still takes calls. */
  leaving(): void {
    this.#phase.enter("draining");
    this.#listener?.leaving?.();
  }

  stop({ force = false }: { force?: boolean } = {}): Promise<void> {
    if (force) this.#cut.abort();
    const stopped = () =>
      this.#stop().finally(() => {
        const left = Math.max(this.#drainUntil - performance.now(), CLOSE_MS);
        return this.#waitAtMost(left, this.#close());
      });
    return this.#stopping ??= outsideScopes(stopped).then(() => {
      this.#supervisor?.stopped();
      this.#finished.resolve();
    }, (error) => {
      this.#finished.reject(error);
      throw error;
    });
  }

  async #stop(): Promise<void> {
    const { drainDelay, drainTimeout, logger } = this.#settings;
    this.leaving();
    // A start in progress must end first, so that the sockets that it opened can be closed.
    if (this.#starting && !this.#listener) await this.#waitAtMost(Infinity, this.#starting.catch(() => {}));
    if (this.#listener) {
      logger.info("draining", { service: this.#options.name, delay: drainDelay, timeout: drainTimeout });
    }
    if (this.#lease) await this.#waitAtMost(3000, release(this.#lease, this.#options.name, logger));
    if (this.#listener) {
      await this.#waitAtMost(drainDelay);
      this.#drainUntil = performance.now() + drainTimeout;
      await this.#waitAtMost(drainTimeout, this.#drain(this.#listener));
      this.#detachedWork.abort(new RpcError(Status.UNAVAILABLE, "the server has stopped"));
      await this.#listener.close().finally(() => this.#health?.close());
    }
    this.#admission.close();
    this.#certificates.stop();
    if (this.#listener) logger.info("stopped", { service: this.#options.name });
  }

  /** Waits for the calls in flight, then for the work that they detached. */
  async #drain(listener: Listener): Promise<void> {
    this.#draining.begin();
    await listener.drain();
    await this.#detachedWork.ended();
  }

  /** Waits until `done` resolves, the time has passed, or the stop is forced. */
  #waitAtMost(ms: number, done: Promise<unknown> = new Promise(() => {})): Promise<unknown> {
    return within(done, ms, () => {}, this.#cut.signal);
  }

  async run(): Promise<void> {
    if (this.#supervisor) {
      await this.start();
      return await this.finished;
    }
    // The error of stop() is not lost: `finished` rejects with it, and so does run().
    using _ = onEndSignals(() => void this.stop({ force: this.#stopping !== undefined }).catch(() => {}));
    const started = this.start().catch((error) => {
      // A signal during the start asks for the end of the server, so the aborted start is no error.
      if (!(error instanceof StoppedEarly)) throw error;
    });
    // A forced stop does not wait for a start in progress.
    await (this.#stopping ? started : this.#waitAtMost(Infinity, started));
    await this.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
