import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { timeOfDay } from "../../base/time.ts";
import { backoff } from "../../base/backoff.ts";
import { sleep } from "../../base/wait.ts";
import { ConsulError } from "./error.ts";
import type { Answer, ConsulApi, ConsulHttp, QueryOptions } from "./http.ts";
import type { Watch, WatchState } from "../registry.ts";

/**
 * The minimum time between the starts of two queries, in milliseconds. Without it, an index that changes all the time
 * would cause a busy loop.
 */
const MIN_QUERY_INTERVAL_MS = 100;
/**
 * The pause before the next query, as a multiple of the time that reading the last answer took. It leaves time for
 * calls when a long list changes all the time.
 */
const REST_RATIO = 3;
const MAX_REST_MS = 1000;
const MAX_PAUSE_MS = 10_000;
/** The timeout of a request, in milliseconds. Consul reports a missing leader after 7 s. */
const REQUEST_TIMEOUT_MS = 8000;
/** How long a server that answers stale queries may have had no contact with its leader, in milliseconds. */
const MAX_STALE_MS = 5000;
/** How long queries go to the leader after a stale answer was too old, in milliseconds. */
const LEADER_ONLY_MS = 60_000;

/** The subject of a blocking query: what to ask for, and how to handle the answers. */
export interface Subject {
  /** The subject's name in the log: `service "echoservice"`. */
  readonly title: string;
  /** The expected kind of answer, for messages: `"list of instances"`. */
  readonly expected: string;
  /** What an ACL token needs for the query, for messages. */
  readonly needs: string;
  ask(api: ConsulApi, options: QueryOptions): Promise<Answer>;
  /**
   * Handles an answer.
   *
   * @returns False if it is not the expected kind of answer.
   */
  answered(answer: Answer): boolean | Promise<boolean>;
  /** Whether the answer is a list. */
  readonly isList?: boolean;
  /**
   * Handles a failure.
   *
   * @returns What happens meanwhile, for the log.
   */
  failed(error: Error): string;
}

/** The datacenter of a query, and how long it waits. */
export interface BlockingOptions {
  readonly datacenter: string | undefined;
  /** How long a query waits for a change, in milliseconds. */
  readonly wait: number;
}

/**
 * Asks Consul for one subject again and again. Each query waits until the subject changes. Failures are retried without
 * end.
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
  #index = 0n; // 0 asks for the current state without waiting
  /**
   * Until when queries go to the leader, because a stale answer was too old. In milliseconds of `performance.now()`.
   */
  #leaderUntil = 0;
  #problem: number | string | undefined;

  constructor(http: ConsulHttp, subject: Subject, options: BlockingOptions, logger: Logger) {
    this.#http = http;
    this.#subject = subject;
    this.#options = options;
    this.#logger = logger;
    inBackground(`the watch of ${subject.title} in Consul at ${http.address}`, logger, () => this.#run());
  }

  get state(): WatchState {
    return { ...this.#state };
  }

  /** Aborts when the query is closed. */
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

  /**
   * Sends one query, which waits for a change after the last index.
   *
   * @returns How long reading the answer took, in milliseconds.
   */
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
    // An index that decreased belongs to another state, for example after a restart. Waiting from there on could miss a
    // change.
    this.#index = BigInt(next[0]) < index ? 0n : BigInt(next[0]) || 1n;
    return read;
  }

  /** Asks the leader, or any server. */
  #ask(index: bigint, leader: boolean): Promise<Answer> {
    // Consul adds up to 1/16 to the wait. The kit subtracts up to 1/10, as further jitter.
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
        this.#logger.warn(`${where} has no leader: its data about ${this.#subject.title} may be stale`);
      }
      this.#problem = "old";
      return;
    }
    this.#state.confirmed = timeOfDay();
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#logger.info(`${where} answers again about ${this.#subject.title}`);
  }

  /** Logs a failure if its kind differs from the previous one. */
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

/** Returns whether the server that answered has been without its leader for too long to trust its answer. */
function isOld({ headers }: Answer[0]): boolean {
  return headers["x-consul-knownleader"] === "false" || Number(headers["x-consul-lastcontact"] ?? 0) > MAX_STALE_MS;
}
