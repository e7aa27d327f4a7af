import type { Logger } from "../base/logger.ts";
import { type BlockingOptions, BlockingQuery, type Subject } from "./blocking_query.ts";
import type { Answer, ConsulApi, ConsulHttp, QueryOptions } from "./consul_http.ts";
import type { Watch, WatchState } from "./registry.ts";

/** The value of one key of Consul's KV store, by blocking queries. While Consul fails, the last one holds. */
export class ConsulKey implements Watch, Subject {
  readonly what: string;
  readonly needs: string;
  readonly expected = "value of a key";
  readonly #key: string;
  readonly #listener: (text: string | undefined) => void;
  readonly #query: BlockingQuery;
  /** What the listener was told last, to tell it changes only: null if nothing yet. */
  #told: string | undefined | null = null;

  constructor(
    http: ConsulHttp,
    key: string,
    options: BlockingOptions,
    listener: (text: string | undefined) => void,
    logger: Logger,
  ) {
    this.what = `key ${JSON.stringify(key)}`;
    this.needs = `key:read for ${JSON.stringify(key)}`;
    this.#key = key;
    this.#listener = listener;
    this.#query = new BlockingQuery(http, this, options, logger);
  }

  get state(): WatchState {
    return this.#query.state;
  }

  close(): void {
    this.#query.close();
  }

  ask(api: ConsulApi, options: QueryOptions): Promise<Answer> {
    return api.kv.get({ ...options, key: this.#key, raw: true });
  }

  /** A key that is not there is a 404, one with an empty value a 200 without a body. */
  answered([{ statusCode }, body]: Answer): boolean {
    // What is no UTF-8 gets replacement characters: whoever reads the value says what is wrong with it.
    const text = statusCode === 404 ? undefined : new TextDecoder().decode(body);
    if (text !== this.#told) this.#listener(this.#told = text);
    return true;
  }

  failed(): string {
    return this.#told === null
      ? `${this.what} is asked for again until it succeeds`
      : `the last value of ${this.what} holds meanwhile`;
  }
}

/**
 * Checks a key.
 *
 * @throws {TypeError} If a URL's path would not lead to it.
 */
export function checkKey(key: string): void {
  if (typeof key === "string" && /^(?!\.{1,2}(\/|$))[^/\p{Cc}]+(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)*$/u.test(key)) return;
  throw new TypeError(
    `consul: key is ${JSON.stringify(key)}; use parts with "/" between them, for example "dinokit/echoservice"`,
  );
}
