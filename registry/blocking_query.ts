import type { Logger } from "../rpc/logger.ts";
import { timeOfDay } from "../rpc/time.ts";
import { backoff, sleep } from "./backoff.ts";
import { type Answer, type ConsulApi, ConsulError, type ConsulHttp, type QueryOptions } from "./consul_http.ts";
import type { Watch, WatchState } from "./registry.ts";

/** The least time between the starts of two queries, in milliseconds: an index that races must not make a busy loop. */
const QUERY_INTERVAL = 100;
const LONGEST_PAUSE = 10_000;
/** Consul itself gives up after 7 s where it has no leader, and says so. */
const REQUEST_TIMEOUT = 8000;
/** How long a server that answers without asking its leader may have been without it, in milliseconds. */
const MOST_STALE = 5000;
/** For how long the leader is asked instead, in milliseconds. */
const LEADER_TIME = 60_000;

/** What is asked, and who takes the answers. */
export interface Subject {
  /** For the log: `service "echoservice"`. */
  readonly what: string;
  /** What it is that Consul answers: `"list of instances"`. */
  readonly expected: string;
  /** What an ACL token needs for it. */
  readonly needs: string;
  ask(api: ConsulApi, options: QueryOptions): Promise<Answer>;
  /** Takes an answer. @returns False if it is not what is expected. */
  answered(body: unknown, response: Answer[0]): boolean;
  /** Takes a failure. @returns What happens meanwhile, for the log. */
  failed(error: Error): string;
}

/** Where it is asked, and how patiently. */
export interface BlockingOptions {
  readonly datacenter: string | undefined;
  /** How long a query waits for a change, in milliseconds. */
  readonly wait: number;
}

/**
 * Asks Consul for one thing again and again, each time until it changes, and goes on whatever happens.
 *
 * @see https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
export class BlockingQuery implements Watch {
  readonly #http: ConsulHttp;
  readonly #subject: Subject;
  readonly #options: BlockingOptions;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #state: { -readonly [K in keyof WatchState]: WatchState[K] } = { queries: 0, failures: 0 };
  #index = 0n; // asks for the state as it is, without waiting
  /** Until when the leader is asked, because another server's answer was too old. */
  #leaderUntil = 0;
  #problem: number | string | undefined;

  constructor(http: ConsulHttp, subject: Subject, options: BlockingOptions, logger: Logger) {
    this.#http = http;
    this.#subject = subject;
    this.#options = options;
    this.#logger = logger;
    this.#run();
  }

  get state(): WatchState {
    return { ...this.#state };
  }

  /** Aborts when it ends. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted;) {
      const start = performance.now();
      try {
        await this.#query();
        failures = 0;
        await sleep(Math.max(0, QUERY_INTERVAL - (performance.now() - start)), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#index = 0n;
        this.#leaderUntil = 0;
        this.#failed(error as ConsulError);
        await sleep(backoff(failures++, LONGEST_PAUSE), signal);
      }
    }
  }

  /** Asks once, from the index on that it has. */
  async #query(): Promise<void> {
    const index = this.#index;
    const leader = performance.now() < this.#leaderUntil;
    let answer = await this.#ask(index, leader);
    let old = !leader && isOld(answer[0]);
    if (old) {
      const fresh = await this.#ask(0n, true).catch(() => undefined);
      if (fresh) {
        answer = fresh;
        old = false;
        this.#leaderUntil = performance.now() + LEADER_TIME;
      }
    }
    this.signal.throwIfAborted();
    const [response, body] = answer;
    const next = /^\d{1,20}$/.exec(response.headers["x-consul-index"] ?? "");
    if (!next) throw this.#garbage("without X-Consul-Index", body);
    if (!this.#subject.answered(body, response)) throw this.#garbage(`with what is no ${this.#subject.expected}`, body);
    this.#answered(old);
    // An index that went back comes from another state, such as after a restart: to wait from there on could miss a change.
    this.#index = BigInt(next[0]) < index ? 0n : BigInt(next[0]) || 1n;
  }

  /** Asks any server, or the leader. */
  #ask(index: bigint, leader: boolean): Promise<Answer> {
    // Consul adds up to a sixteenth to the wait. The rest of the jitter is ours.
    const wait = Math.round(this.#options.wait * (1 - Math.random() / 10));
    const more = {
      dc: this.#options.datacenter,
      ...(!leader && { stale: true as const }),
      ...(index > 0n && { index: String(index), wait: `${wait}ms` }),
    };
    const timeout = index > 0n ? wait * 17 / 16 + REQUEST_TIMEOUT : REQUEST_TIMEOUT;
    this.#state.queries++;
    return this.#http.ask((api, options) => this.#subject.ask(api, { ...options, ...more }), {
      timeout,
      signal: this.signal,
    });
  }

  #garbage(why: string, cause: unknown): ConsulError {
    return new ConsulError(
      `Consul at ${this.#http.address} answered ${why}; is that Consul's HTTP port?`,
      "garbage",
      cause,
    );
  }

  #answered(old: boolean): void {
    const where = `Consul at ${this.#http.address}`;
    if (old) {
      if (this.#problem !== "old") {
        this.#logger.warn(`${where} knows no leader: what it says of ${this.#subject.what} may be old`);
      }
      this.#problem = "old";
      return;
    }
    this.#state.confirmed = timeOfDay();
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#logger.info(`${where} answers again about ${this.#subject.what}`);
  }

  /** Logs a failure, once for each kind that follows another. */
  #failed(error: ConsulError): void {
    this.#state.failures++;
    this.#state.lastError = error.message;
    const meanwhile = this.#subject.failed(error);
    if (error.kind === this.#problem) return;
    this.#problem = error.kind;
    const remedy = error.kind === 403 ? `; ${this.#http.tokenName} is not enough: it needs ${this.#subject.needs}` : "";
    this.#logger.warn(`${error.message}${remedy}; ${meanwhile}`);
  }
}

/** Whether the server that answered has been without its leader for too long to know what holds. */
function isOld({ headers }: Answer[0]): boolean {
  return headers["x-consul-knownleader"] === "false" || Number(headers["x-consul-lastcontact"] ?? 0) > MOST_STALE;
}
