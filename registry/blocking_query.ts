import { inBackground } from "../base/background.ts";
import type { Logger } from "../base/logger.ts";
import { timeOfDay } from "../base/time.ts";
import { backoff, sleep } from "./backoff.ts";
import { ConsulError } from "./consul_error.ts";
import type { Answer, ConsulApi, ConsulHttp, QueryOptions } from "./consul_http.ts";
import type { Watch, WatchState } from "./registry.ts";

/** The least time between the starts of two queries, in milliseconds: an index that races must not make a busy loop. */
const MIN_QUERY_INTERVAL_MS = 100;
/**
 * The next query waits this many times as long as the last answer took to read: a long list that changes all the time
 * leaves time for calls.
 */
const REST_RATIO = 3;
const MAX_REST_MS = 1000;
const MAX_PAUSE_MS = 10_000;
/** Consul itself gives up after 7 s where it has no leader, and says so. */
const REQUEST_TIMEOUT_MS = 8000;
/** How long a server that answers without asking its leader may have been without it, in milliseconds. */
const MAX_STALE_MS = 5000;
/** For how long the leader is asked instead, in milliseconds. */
const LEADER_ONLY_MS = 60_000;

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
  answered(answer: Answer): boolean | Promise<boolean>;
  /** Whether the answer is a list. */
  readonly isList?: boolean;
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
    inBackground(`the watch of ${subject.what} in Consul at ${http.address}`, logger, () => this.#run());
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
        const read = await this.#query();
        failures = 0;
        const rest = Math.min(REST_RATIO * read, MAX_REST_MS);
        await sleep(Math.max(rest, MIN_QUERY_INTERVAL_MS - (performance.now() - start)), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#index = 0n;
        this.#leaderUntil = 0;
        this.#failed(error as ConsulError);
        await sleep(backoff(failures++, MAX_PAUSE_MS), signal);
      }
    }
  }

  /** Asks once, from the index on that it has. @returns How long it took to read the answer, in milliseconds. */
  async #query(): Promise<number> {
    const index = this.#index;
    const leader = performance.now() < this.#leaderUntil;
    let answer = await this.#ask(index, leader);
    let old = !leader && isOld(answer[0]);
    if (old) {
      const fresh = await this.#ask(0n, true).catch(() => undefined);
      if (fresh) {
        answer = fresh;
        old = false;
        this.#leaderUntil = performance.now() + LEADER_ONLY_MS;
      }
    }
    this.signal.throwIfAborted();
    const next = /^\d{1,20}$/.exec(answer[0].headers["x-consul-index"] ?? "");
    if (!next) throw this.#garbage("without X-Consul-Index");
    const start = performance.now();
    const isExpected = await this.#subject.answered(answer);
    const read = performance.now() - start;
    this.signal.throwIfAborted();
    if (!isExpected) throw this.#garbage(`with what is no ${this.#subject.expected}`);
    this.#answered(old);
    // An index that went back comes from another state, such as after a restart: to wait from there on could miss a
    // change.
    this.#index = BigInt(next[0]) < index ? 0n : BigInt(next[0]) || 1n;
    return read;
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
    const timeout = index > 0n ? wait * 17 / 16 + REQUEST_TIMEOUT_MS : REQUEST_TIMEOUT_MS;
    this.#state.queries++;
    return this.#http.ask((api, options) => this.#subject.ask(api, { ...options, ...more }), {
      timeout,
      signal: this.signal,
      isList: this.#subject.isList,
    });
  }

  #garbage(why: string): ConsulError {
    return new ConsulError(`Consul at ${this.#http.address} answered ${why}; is that Consul's HTTP port?`, "garbage");
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
    this.#logger.warn(`${error.message}${this.#remedy(error)}; ${meanwhile}`);
  }

  #remedy({ kind }: ConsulError): string {
    if (kind === 403) return `; ${this.#http.tokenName} is not enough: it needs ${this.#subject.needs}`;
    return kind === "too large" && this.#subject.isList ? "; raise the option answerBytes of consul()" : "";
  }
}

/** Whether the server that answered has been without its leader for too long to know what holds. */
function isOld({ headers }: Answer[0]): boolean {
  return headers["x-consul-knownleader"] === "false" || Number(headers["x-consul-lastcontact"] ?? 0) > MAX_STALE_MS;
}
