import type { Logger } from "../../base/logger.ts";
import { type BlockingOptions, BlockingQuery, type Subject } from "./blocking_query.ts";
import type { Answer, ConsulApi, ConsulHttp, QueryOptions } from "./http.ts";
import type { Watch, WatchState } from "../registry.ts";

/**
 * Watches the value of one key in Consul's KV store by blocking queries. While Consul fails, the last value remains
 * valid.
 */
export class ConsulKeyWatch implements Watch, Subject {
  readonly title: string;
  readonly needs: string;
  readonly expected = "value of a key";
  readonly #key: string;
  readonly #listener: (text: string | undefined) => void;
  readonly #query: BlockingQuery;
  /** The value that the listener received last; null before the first. The listener is called for changes only. */
  #lastText: string | undefined | null = null;

  constructor(
    http: ConsulHttp,
    key: string,
    options: BlockingOptions,
    listener: (text: string | undefined) => void,
    logger: Logger,
  ) {
    this.title = `key ${JSON.stringify(key)}`;
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

  /** A missing key is a 404. A key with an empty value is a 200 without a body. */
  answered([{ statusCode }, body]: Answer): boolean {
    // Invalid UTF-8 becomes replacement characters. The reader of the value reports what is wrong with it.
    const text = statusCode === 404 ? undefined : new TextDecoder().decode(body);
    if (text !== this.#lastText) this.#listener(this.#lastText = text);
    return true;
  }

  failed(): string {
    return this.#lastText === null
      ? `${this.title} is asked for again until it succeeds`
      : `the last value of ${this.title} holds meanwhile`;
  }
}

/**
 * Checks a key.
 *
 * @throws {TypeError} If the path of a URL can't hold the key.
 */
export function checkKey(key: string): void {
  if (typeof key === "string" && /^(?!\.{1,2}(\/|$))[^/\p{Cc}]+(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)*$/u.test(key)) return;
  throw new TypeError(
    `consul: key is ${JSON.stringify(key)}; use parts with "/" between them, for example "dinokit/echoservice"`,
  );
}
