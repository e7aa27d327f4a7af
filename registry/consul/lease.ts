import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { backoff } from "../../base/backoff.ts";
import { sleep, within } from "../../base/wait.ts";
import { ConsulError } from "./error.ts";
import { holderOf } from "./holder.ts";
import type { ConsulHttp } from "./http.ts";
import type { ConsulService } from "./wire.ts";
import type { Lease } from "../registry.ts";

/** How often the lease asks the agent whether it still has the registration, in milliseconds. */
const POLL_INTERVAL_MS = 3000;
/**
 * The longest pause after a failure, in milliseconds. The pause and the timeout of a request together stay below 10 s,
 * the time within which a lost registration is renewed.
 */
const MAX_PAUSE_MS = 5000;
const REQUEST_TIMEOUT_MS = 4000;
const RELEASE_TIMEOUT_MS = 2000;

/** What a lease registers. */
export interface Lessee {
  readonly service: ConsulService;
  /** The fields that npm:consul does not support. */
  readonly extraBody: Record<string, unknown>;
  /** The value of {@linkcode LEASE_KEY}. */
  readonly key: string;
}

/** A registration in a Consul agent. The lease checks it every three seconds, and registers again if it is lost. */
export class ConsulLease implements Lease {
  readonly registered: Promise<void>;
  readonly #http: ConsulHttp;
  readonly #lessee: Lessee;
  readonly #logger: Logger;
  readonly #fields: { id: string };
  readonly #running: Promise<void>;
  readonly #stop = new AbortController();
  /** Aborts a registration in flight. A release first waits a while for it, as it could arrive after the removal. */
  readonly #cut = new AbortController();
  #resolveRegistered!: () => void;
  #releasing: Promise<void> | undefined;
  /** `"held"` once registered; `"taken"` while another process uses the ID. */
  #state: "new" | "held" | "lost" | "taken" = "new";
  /** Whether Consul may hold the registration. */
  #mayBeRegistered = false;
  #problem: number | string | undefined;
  /** The token with which Consul has the registration. */
  #token = "";
  /** Why the server should receive no calls; undefined if it should. */
  #wantedMaintenance: string | undefined;
  /** Why the server is in maintenance in Consul; undefined if it is not, null if that is unknown. */
  #knownMaintenance: string | undefined | null;
  #wake = () => {};

  constructor(http: ConsulHttp, lessee: Lessee, logger: Logger) {
    this.#http = http;
    this.#lessee = lessee;
    this.#logger = logger;
    this.#fields = { id: lessee.service.id };
    this.registered = new Promise((resolve) => this.#resolveRegistered = resolve);
    const registration = `the registration in Consul at ${http.address}`;
    const run = () =>
      this.#run().catch((error) => logger.error(`${registration} has failed`, { ...this.#fields, error }));
    this.#running = outsideScopes(run);
  }

  maintain(reason: string | undefined): void {
    this.#wantedMaintenance = reason;
    this.#wake();
  }

  release(): Promise<void> {
    return this.#releasing ??= this.#release();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#lookAfter();
        failures = 0;
        if (signal.aborted) return;
        const woken = new AbortController();
        this.#wake = () => woken.abort();
        await sleep(POLL_INTERVAL_MS, woken.signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#report(error as ConsulError);
        await sleep(backoff(failures++, MAX_PAUSE_MS), signal);
      }
    }
  }

  async #lookAfter(): Promise<void> {
    if (this.#state === "held" || this.#state === "taken") {
      const holder = await this.#holder(REQUEST_TIMEOUT_MS, this.#stop.signal);
      this.#answered();
      if (holder !== undefined && holder !== this.#lessee.key) return this.#takenOver(holder);
      if (holder === undefined && this.#state === "held") this.#state = "lost";
    }
    // Consul keeps using the token of the registration. With a revoked token, it could not report a failing check.
    if (this.#state !== "held" || this.#http.token !== this.#token) await this.#register();
    if (this.#wantedMaintenance !== this.#knownMaintenance) await this.#maintain(this.#wantedMaintenance);
  }

  async #maintain(reason: string | undefined): Promise<void> {
    const { id } = this.#lessee.service;
    const limits = { timeout: REQUEST_TIMEOUT_MS, signal: this.#stop.signal };
    const enable = reason !== undefined;
    this.#knownMaintenance = null;
    await this.#http.ask((api, options) => api.agent.service.maintenance({ ...options, id, enable, reason }), limits);
    this.#knownMaintenance = reason;
    this.#logger.info(
      `${this.#title} is ${enable ? `in maintenance: ${reason}` : "back from maintenance"}`,
      this.#fields,
    );
  }

  /**
   * Returns the service to register. In maintenance its check starts as critical: otherwise it would pass until
   * maintenance is set in Consul.
   */
  #service(): ConsulService {
    const { service } = this.#lessee;
    return this.#wantedMaintenance === undefined
      ? service
      : { ...service, check: { ...service.check, status: "critical" } };
  }

  #holder(timeout: number, signal: AbortSignal): Promise<string | undefined> {
    return holderOf(this.#http, this.#lessee.service.id, timeout, signal);
  }

  async #register(): Promise<void> {
    const { extraBody } = this.#lessee;
    const service = this.#service();
    this.#mayBeRegistered = true;
    try {
      await this.#http.ask((api, options) => api.agent.service.register({ ...options, ...service }), {
        timeout: REQUEST_TIMEOUT_MS,
        signal: this.#cut.signal,
        extraBody,
      });
    } catch (error) {
      const { kind, refused } = error as ConsulError;
      // If a new token is refused, the registration with the old token remains.
      if ((refused || kind === "ECONNREFUSED") && this.#state !== "held") this.#mayBeRegistered = false;
      throw error;
    }
    // Any HTTP server may answer 200, so only the agent's own list proves the registration.
    if (await this.#holder(REQUEST_TIMEOUT_MS, this.#cut.signal) === undefined) {
      throw new ConsulError(`Consul at ${this.#http.address} took the registration and does not have it`, "garbage");
    }
    const where = `in Consul at ${this.#http.address}`;
    const news = {
      new: `is registered ${where}`,
      held: `is registered again ${where}, with its new token`,
      lost: `is registered again ${where}, which had lost it`,
      taken: `is registered again ${where}: its ID is free`,
    };
    this.#logger.info(`${this.#title} ${news[this.#state]}`, this.#fields);
    if (this.#state !== "held") this.#knownMaintenance = undefined;
    this.#token = this.#http.token;
    this.#state = "held";
    this.#problem = undefined;
    this.#resolveRegistered();
  }

  /**
   * Handles that another process has registered with our ID. Registering again would start an endless fight between
   * both processes.
   */
  #takenOver(holder: string): void {
    if (this.#state === "taken") return;
    this.#state = "taken";
    this.#mayBeRegistered = false;
    this.#logger.error(
      `Consul ID ${
        JSON.stringify(this.#lessee.service.id)
      } was taken over by another process: two servers advertise the ` +
        `same name and address, and clients see the other only; give one of them another address. ` +
        `This one registers again when the ID is free`,
      { ...this.#fields, holder },
    );
  }

  #answered(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#logger.info(`Consul at ${this.#http.address} answers again about ${this.#title}`, this.#fields);
  }

  /** Logs a failure if its kind differs from the previous one. */
  #report(error: ConsulError): void {
    if (this.#problem !== undefined && error.kind === this.#problem) return;
    this.#problem = error.kind;
    const problem = this.#state === "held" ? "the registration can't be looked after" : "it is not registered";
    const remedy = error.kind === 403
      ? `; ${this.#http.tokenName} is not enough: it needs service:write for ${
        JSON.stringify(this.#lessee.service.name)
      }`
      : "";
    this.#logger.warn(
      `${error.message}${remedy}; ${this.#title} serves meanwhile, but ${problem}, which is tried again until it succeeds`,
      this.#fields,
    );
  }

  get #title(): string {
    return `service ${JSON.stringify(this.#lessee.service.name)}`;
  }

  async #release(): Promise<void> {
    const end = performance.now() + RELEASE_TIMEOUT_MS;
    this.#stop.abort();
    this.#wake();
    await within(this.#running, RELEASE_TIMEOUT_MS / 2, () => {}, this.#cut.signal);
    this.#cut.abort();
    if (this.#mayBeRegistered) await this.#deregister(end);
    this.#resolveRegistered();
  }

  async #deregister(end: number): Promise<void> {
    const { id } = this.#lessee.service;
    const { signal } = new AbortController();
    const left = () => Math.max(1, Math.round(end - performance.now()));
    let failure: ConsulError;
    do {
      try {
        if (await this.#holder(left(), signal) !== this.#lessee.key) return;
        await this.#http.ask((api, options) => api.agent.service.deregister({ ...options, id }), {
          timeout: left(),
          signal,
        });
        return this.#logger.info(`${this.#title} is deregistered`, this.#fields);
      } catch (error) {
        failure = error as ConsulError;
        if (failure.refused) break;
        await sleep(Math.min(200, left()), signal);
      }
    } while (performance.now() < end);
    this.#logger.warn(
      `${failure.message}; ${this.#title} is not deregistered: Consul removes it when its check has failed for a while`,
      this.#fields,
    );
  }
}
