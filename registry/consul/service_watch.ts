import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { after, timeOfDay } from "../../base/time.ts";
import { type BlockingOptions, BlockingQuery, type Subject } from "./blocking_query.ts";
import type { ConsulError } from "./error.ts";
import type { Answer, ConsulApi, ConsulHttp, QueryOptions } from "./http.ts";
import type { AllowedAddresses } from "../allowed_addresses.ts";
import { type InstanceList, readInstances } from "./read_instances.ts";
import type { Resolution, Watch, WatchState } from "../registry.ts";

const REQUEST_TIMEOUT_MS = 5000;

/** The options of a watch. */
export interface WatchOptions extends BlockingOptions {
  readonly name: string;
  readonly allowed: AllowedAddresses;
  /**
   * How long the last list is kept while Consul lists no instances, and how long an error is withheld from the
   * listener, in milliseconds.
   */
  readonly grace: number;
}

/** Watches the instances of a service that pass their checks, by blocking queries. */
export class ConsulServiceWatch implements Watch, Subject {
  readonly title: string;
  readonly needs: string;
  readonly expected = "list of instances";
  readonly isList = true;
  readonly #http: ConsulHttp;
  readonly #options: WatchOptions;
  readonly #listener: (resolution: Resolution) => void;
  readonly #logger: Logger;
  readonly #query: BlockingQuery;
  /** The resolution that the listener received last. The listener is called for changes only. */
  #lastResolution: Resolution | undefined;
  /** How many instances are in the list that the listener uses. */
  #listed = 0;
  /** Since when and why the list is kept although Consul says otherwise, and whether Consul fails. */
  #kept: { since: number; why: string; failing: boolean; stop: () => void } | undefined;
  /** The resolution that the listener receives when the grace period ends. */
  #afterGrace: Resolution = { instances: [] };
  #unused = "";
  #aclsChecked = false;

  constructor(http: ConsulHttp, options: WatchOptions, listener: (resolution: Resolution) => void, logger: Logger) {
    const { name } = options;
    this.title = `service ${JSON.stringify(name)}`;
    this.needs = `service:read for ${JSON.stringify(name)} and node:read`;
    this.#http = http;
    this.#options = options;
    this.#listener = listener;
    this.#logger = logger;
    this.#query = new BlockingQuery(http, this, options, logger);
  }

  get state(): WatchState {
    const kept = this.#kept && { since: this.#kept.since, why: this.#kept.why };
    return { ...this.#query.state, ...(kept && { kept }) };
  }

  close(): void {
    this.#query.close();
    this.#kept?.stop();
  }

  ask(api: ConsulApi, options: QueryOptions): Promise<Answer> {
    return api.health.service({ ...options, service: this.#options.name, passing: true });
  }

  async answered([response, body]: Answer): Promise<boolean> {
    const before = this.#lastResolution && "instances" in this.#lastResolution ? this.#lastResolution.instances : [];
    const found = await this.#http.read(body, (json) => readInstances(json, this.#options.allowed, before));
    if (!found) return false;
    if (this.#query.signal.aborted) return true;
    this.#found(found);
    if (found.instances.length === 0) {
      inBackground("the look at Consul's ACLs", this.#logger, () => this.#checkAcls(response.headers));
    }
    return true;
  }

  failed(error: Error): string {
    return this.#keepOr({ error }, error.message) ?? `${this.title} is looked up again until it succeeds`;
  }

  #found({ instances, refused, unused }: InstanceList): void {
    if (unused !== this.#unused && unused !== "") this.#logger.warn(`${this.title} in Consul has ${unused}`);
    this.#unused = unused;
    if (instances.length === 0) {
      const where = `Consul at ${this.#http.address}`;
      const none = `${where} lists none of ${this.title} that ${refused > 0 ? "may be called" : "passes"}`;
      const why = refused > 0
        ? `those that pass in ${where} are not called: ${this.#options.allowed}`
        : `none passes its check in ${where}; is the server running and registered?`;
      const news = this.#kept === undefined || this.#kept.failing;
      const kept = this.#keepOr({ instances, why }, none);
      if (news && kept !== undefined) this.#logger.warn(`${none}; ${kept}`);
      return;
    }
    this.#endGrace();
    this.#listed = instances.length;
    this.#tell({ instances });
  }

  /**
   * Keeps the current list, if there is one: for the grace period while Consul lists no instances, and without limit
   * while Consul fails, which says nothing about the instances. An empty list after failures restarts the grace period:
   * a Consul that was unavailable for long may have lost its state.
   *
   * @returns What is kept, for the log.
   */
  #keepOr(resolution: Resolution, why: string): string | undefined {
    const { grace } = this.#options;
    this.#afterGrace = resolution;
    if (this.#listed === 0) return void this.#tell(resolution);
    const failing = "error" in resolution;
    const list = `the last list of ${this.title}, of ${this.#listed},`;
    if (this.#kept === undefined || (this.#kept.failing && !failing)) {
      this.#kept?.stop();
      const since = this.#kept?.since ?? timeOfDay();
      this.#kept = { since, why, failing, stop: after(grace, () => this.#graceEnded(list)) };
    }
    return failing ? `${list} is kept` : `${list} is kept for up to ${grace} ms`;
  }

  #graceEnded(list: string): void {
    if ("error" in this.#afterGrace) this.#kept!.failing = true;
    else {
      this.#kept = undefined;
      this.#listed = 0;
      this.#logger.warn(`${list} was kept for ${this.#options.grace} ms and is given up`);
    }
    this.#tell(this.#afterGrace);
  }

  #endGrace(): void {
    if (this.#kept === undefined) return;
    this.#kept.stop();
    this.#kept = undefined;
    this.#logger.info(`Consul at ${this.#http.address} lists ${this.title} again`);
  }

  #tell(resolution: Resolution): void {
    if (this.#query.signal.aborted || (this.#lastResolution && isSame(this.#lastResolution, resolution))) return;
    this.#lastResolution = resolution;
    this.#listener(resolution);
  }

  /** If the token may not see the services, Consul answers with an empty list, not with an error. */
  async #checkAcls(headers: Record<string, string | undefined>): Promise<void> {
    if (this.#aclsChecked) return;
    this.#aclsChecked = true;
    const filtered = headers["x-consul-results-filtered-by-acls"] === "true";
    if (!filtered && !(this.#http.anonymous && await this.#aclsAreOn())) return;
    this.#logger.warn(
      `Consul at ${this.#http.address} lists nothing of ${this.title}, and its ACLs may be why: ${this.#http.tokenName} ` +
        `needs ${this.needs}`,
    );
  }

  async #aclsAreOn(): Promise<boolean> {
    try {
      const limits = { timeout: REQUEST_TIMEOUT_MS, signal: this.#query.signal };
      await this.#http.ask((api, options) => api.agent.self(options), limits);
      return false;
    } catch (error) {
      return (error as ConsulError).kind === 403;
    }
  }
}

function isSame(a: Resolution, b: Resolution): boolean {
  if ("error" in a || "error" in b) return "error" in a && "error" in b && a.error.message === b.error.message;
  return a.instances.length === b.instances.length && a.instances.every((instance, i) => instance === b.instances[i]);
}
