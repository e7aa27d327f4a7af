import type { Logger } from "../rpc/logger.ts";
import { backoff, sleep } from "./backoff.ts";
import { ConsulError, type ConsulHttp } from "./consul_http.ts";
import { readInstances } from "./consul_wire.ts";
import type { Instance, Resolution, Watch } from "./registry.ts";

/** The least time between the starts of two queries, in milliseconds: an index that races must not make a busy loop. */
const QUERY_INTERVAL = 100;
const LONGEST_PAUSE = 10_000;
const REQUEST_TIMEOUT = 5000;

/** What is watched, and how patiently. */
export interface WatchOptions {
  readonly name: string;
  readonly datacenter: string | undefined;
  /** How long a query waits for a change, in milliseconds. */
  readonly wait: number;
  /** How long the last list is kept when there is no new one, in milliseconds. */
  readonly grace: number;
}

/**
 * The instances of a service that pass their checks, by blocking queries.
 *
 * @see https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
export class ConsulWatch implements Watch {
  readonly #http: ConsulHttp;
  readonly #options: WatchOptions;
  readonly #listener: (resolution: Resolution) => void;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  /** What the listener was told last, to tell it changes only. */
  #told: string | undefined;
  /** How many instances the list has that the listener goes by. */
  #listed = 0;
  /** Runs while that list is kept against Consul's word. */
  #grace: ReturnType<typeof setTimeout> | undefined;
  /** What the listener is told when the grace ends. */
  #afterGrace: Resolution = { instances: [] };
  #problem: number | string | undefined;
  #refused = "";
  #aclsChecked = false;

  constructor(http: ConsulHttp, options: WatchOptions, listener: (resolution: Resolution) => void, logger: Logger) {
    this.#http = http;
    this.#options = options;
    this.#listener = listener;
    this.#logger = logger;
    this.#run();
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#grace);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let index = 0n; // asks for the state as it is, without waiting
    for (let failures = 0; !signal.aborted;) {
      const start = performance.now();
      try {
        index = await this.#query(index);
        failures = 0;
        await sleep(Math.max(0, QUERY_INTERVAL - (performance.now() - start)), signal);
      } catch (error) {
        if (signal.aborted) return;
        index = 0n;
        this.#failed(error as ConsulError);
        await sleep(backoff(failures++, LONGEST_PAUSE), signal);
      }
    }
  }

  /** Asks once, from `index` on. Returns the index to ask from next. */
  async #query(index: bigint): Promise<bigint> {
    const { name, datacenter: dc, wait } = this.#options;
    const blocking = index > 0n ? { index: String(index), wait: `${wait}ms` } : {};
    const [{ headers }, body] = await this.#http.ask(
      (api, options) => api.health.service({ ...options, ...blocking, service: name, passing: true, dc }),
      // Consul adds up to a sixteenth to the wait.
      { timeout: index > 0n ? wait * 17 / 16 + REQUEST_TIMEOUT : REQUEST_TIMEOUT, signal: this.#stop.signal },
    );
    this.#stop.signal.throwIfAborted();
    const found = readInstances(body);
    const next = /^\d{1,20}$/.exec(headers["x-consul-index"] ?? "");
    if (!found || !next) {
      const why = found ? "without X-Consul-Index" : "with what is no list of instances";
      throw new ConsulError(
        `Consul at ${this.#http.address} answered ${why}; is that Consul's HTTP port?`,
        "garbage",
        body,
      );
    }
    this.#answered(found);
    if (found.instances.length === 0) await this.#checkAcls(headers);
    // An index that went back comes from another state, such as after a restart: to wait from there on could miss a change.
    if (BigInt(next[0]) < index) return 0n;
    return BigInt(next[0]) || 1n;
  }

  #answered({ instances, refused }: { instances: Instance[]; refused: string[] }): void {
    if (this.#problem !== undefined) {
      this.#problem = undefined;
      this.#logger.info(`Consul at ${this.#http.address} answers again about ${this.#what}`);
    }
    if (refused.join() !== this.#refused && refused.length > 0) {
      this.#logger.warn(`${this.#what} has addresses in Consul that are not called: link-local, wildcard or wrong`, {
        refused,
      });
    }
    this.#refused = refused.join();
    if (instances.length === 0) {
      const where = `Consul at ${this.#http.address}`;
      const why = `none passes its check in ${where}; is the server running and registered?`;
      return this.#keepOr({ instances, why }, `${where} lists none of ${this.#what} that passes`);
    }
    this.#endGrace();
    this.#listed = instances.length;
    this.#tell({ instances });
  }

  #failed(error: ConsulError): void {
    const { name } = this.#options;
    const remedy = error.kind === 403
      ? `; ${this.#http.tokenName} is not enough: it needs service:read for ${JSON.stringify(name)} and node:read`
      : "";
    const why = `${error.message}${remedy}`;
    const news = this.#problem === undefined || error.kind !== this.#problem;
    this.#problem = error.kind;
    if (news && (this.#listed === 0 || this.#grace !== undefined)) {
      this.#logger.warn(`${why}; ${this.#what} is looked up again until it succeeds`);
    }
    this.#keepOr({ error }, why);
  }

  /** Keeps the list that there is, if there is one, for the grace; else tells what came instead. */
  #keepOr(resolution: Resolution, why: string): void {
    const { grace } = this.#options;
    this.#afterGrace = resolution;
    if (this.#listed === 0) return this.#tell(resolution);
    if (this.#grace !== undefined) return;
    const list = `the last list of ${this.#what}, of ${this.#listed},`;
    this.#logger.warn(`${why}; ${list} is kept for up to ${grace} ms`);
    this.#grace = setTimeout(() => {
      this.#grace = undefined;
      this.#listed = 0;
      this.#logger.warn(`${list} was kept for ${grace} ms and is given up`);
      this.#tell(this.#afterGrace);
    }, grace);
  }

  #endGrace(): void {
    if (this.#grace === undefined) return;
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#logger.info(`Consul at ${this.#http.address} lists ${this.#what} again`);
  }

  #tell(resolution: Resolution): void {
    const key = "error" in resolution
      ? resolution.error.message
      : JSON.stringify(resolution.instances.map(({ address, weight, tags }) => [address, weight, ...tags]));
    if (key === this.#told || this.#stop.signal.aborted) return;
    this.#told = key;
    this.#listener(resolution);
  }

  /** Consul answers with an empty list, not with an error, to somebody who may not see the services. */
  async #checkAcls(headers: Record<string, string | undefined>): Promise<void> {
    if (this.#aclsChecked) return;
    this.#aclsChecked = true;
    const filtered = headers["x-consul-results-filtered-by-acls"] === "true";
    if (!filtered && !(this.#http.anonymous && await this.#aclsAreOn())) return;
    this.#logger.warn(
      `Consul at ${this.#http.address} lists nothing of ${this.#what}, and its ACLs may be why: ${this.#http.tokenName} ` +
        `needs service:read for ${JSON.stringify(this.#options.name)} and node:read`,
    );
  }

  async #aclsAreOn(): Promise<boolean> {
    try {
      const limits = { timeout: REQUEST_TIMEOUT, signal: this.#stop.signal };
      await this.#http.ask((api, options) => api.agent.self(options), limits);
      return false;
    } catch (error) {
      return (error as ConsulError).kind === 403;
    }
  }

  get #what(): string {
    return `service ${JSON.stringify(this.#options.name)}`;
  }
}
