/**
 * How Dinokit speaks with a Consul agent: the one file that sees npm:consul.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { loadConsul } from "../deps.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import { connectTls } from "../tls/connect.ts";
import { after } from "../base/time.ts";
import { guardAnswer } from "./consul_answer.ts";
import { ConsulError, explain } from "./consul_error.ts";
import { JsonReader } from "./json_reader.ts";
import { nextTurn } from "./turns.ts";

/** TLS to a Consul agent. All are PEM texts. */
export interface ConsulTls {
  /**
   * The certificates that sign the agent's.
   * @default those that Deno trusts, for which it wants `--allow-sys --allow-env=NODE_USE_SYSTEM_CA`
   */
  ca?: string;
  /** The own certificate chain, if the agent asks for one. */
  cert?: string;
  /** Its private key. */
  key?: string;
  /** The name that the agent's certificate must have: a DNS name or an IP address. @default the host of the address */
  serverName?: string;
}

/** Where the agent is and what it is to be shown. */
export interface ConsulEndpoint {
  readonly host: string;
  readonly port: number;
  /** Reads the ACL token; `""` is none. */
  readonly token: () => string;
  /** Where the token comes from, for messages: `"option token"`. */
  readonly tokenFrom: string;
  /** The size of the largest answer with a list, in bytes. */
  readonly answerBytes: number;
  readonly tls: ConsulTls | undefined;
  readonly namespace: string | undefined;
}

/** A response of Consul's HTTP API: its status and fields, and its body. */
export type Answer = [
  response: { statusCode?: number; headers: Record<string, string | undefined> },
  body?: Uint8Array<ArrayBuffer>,
];

/** What every request takes. */
export interface RequestOptions {
  token: string;
  /** In milliseconds, for the whole of it. */
  timeout: number;
  /** Ends the request when it emits `cancel`. */
  ctx: EventEmitter;
}

/** What a blocking query takes besides. */
export interface QueryOptions extends RequestOptions {
  dc?: string;
  index?: string;
  wait?: string;
  stale?: true;
}

/**
 * What Dinokit uses of npm:consul, as it behaves: its own types lack `index`, `wait`, `ctx`, `timeout` and the answers.
 */
export interface ConsulApi {
  health: {
    service(options: QueryOptions & { service: string; passing?: true }): Promise<Answer>;
  };
  catalog: {
    service: { list(options: RequestOptions & { dc?: string }): Promise<Answer> };
  };
  kv: {
    /** The value's bytes; no body and no error where there is no such key. */
    get(options: QueryOptions & { key: string; raw: true }): Promise<Answer>;
  };
  agent: {
    self(options: RequestOptions): Promise<Answer>;
    service: {
      list(options: RequestOptions & { filter: string }): Promise<Answer>;
      register(options: RequestOptions & Record<string, unknown>): Promise<Answer>;
      deregister(options: RequestOptions & { id: string }): Promise<Answer>;
      maintenance(options: RequestOptions & { id: string; enable: boolean; reason?: string }): Promise<Answer>;
    };
  };
  _ext(event: "onCreate" | "onRequest", hook: (request: Request, next: () => void) => void): void;
}

/** A request before its body is encoded (`onCreate`), and before it is sent (`onRequest`). */
interface Request {
  ctx: { extraBody?: Record<string, unknown>; mostBytes: number };
  opts: { body?: Record<string, unknown>; buffer?: boolean };
  transport: { request(options: unknown): ClientRequest };
}

/** How long a request may take, and what ends it before. */
export interface AskOptions {
  /** In milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Whether the answer is a list, which may have `answerBytes`; any other may have 1 MiB. */
  isList?: boolean;
  /** Fields of the request's body that npm:consul does not know. */
  extraBody?: Record<string, unknown>;
}

/** The size of the largest answer that is not a list: a key has at most 512 KiB in Consul. */
export const ONE_ANSWER_BYTES = 2 ** 20;

/** A way to one agent. */
export class ConsulHttp {
  /** `"127.0.0.1:8500"`, for messages. */
  readonly address: string;
  readonly #endpoint: ConsulEndpoint;
  #api: Promise<ConsulApi> | undefined;
  #token = "";

  constructor(address: string, endpoint: ConsulEndpoint) {
    this.address = address;
    this.#endpoint = endpoint;
  }

  /** The ACL token of the last request. */
  get token(): string {
    return this.#token;
  }

  /** True if it had none. */
  get anonymous(): boolean {
    return this.#token === "";
  }

  /** How a message names the ACL token of the last request: by its source, never by any part of it. */
  get tokenName(): string {
    return `${this.anonymous ? "no token" : "the token"} (${this.#endpoint.tokenFrom})`;
  }

  /**
   * Makes one request.
   *
   * @throws {ConsulError} Whatever goes wrong.
   */
  async ask(
    request: (api: ConsulApi, options: RequestOptions) => Promise<Answer>,
    { timeout, signal, isList = false, extraBody }: AskOptions,
  ): Promise<Answer> {
    const mostBytes = isList ? this.#endpoint.answerBytes : ONE_ANSWER_BYTES;
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true, extraBody, mostBytes });
    const cancel = () => ctx.emit("cancel");
    try {
      const api = await within(timeout, signal, this.#api ??= connect(this.#endpoint));
      const token = this.#token = this.#endpoint.token();
      signal.throwIfAborted();
      signal.addEventListener("abort", cancel);
      return await request(api, { token, timeout, ctx });
    } catch (error) {
      throw explain(this.#where, error, this.#token);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  /**
   * Reads the JSON of an answer.
   *
   * @throws {ConsulError} If it is not JSON.
   */
  async read<T>(body: Uint8Array | undefined, read: (json: JsonReader) => T | Promise<T>): Promise<T> {
    try {
      // To put together a large body, as papi has just done, has taken a turn.
      if (body && body.length > ONE_ANSWER_BYTES) await nextTurn();
      const json = new JsonReader(body ?? new Uint8Array());
      const value = await read(json);
      json.end();
      return value;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new ConsulError(`${this.#where} answered with what is not JSON: ${error.message}`, "garbage", error);
    }
  }

  get #where(): string {
    return `Consul at ${this.address}`;
  }
}

async function connect({ host, port, tls, namespace }: ConsulEndpoint): Promise<ConsulApi> {
  const Consul = await outsideScopes(loadConsul);
  // No connection is kept between requests: one that a restarted agent has closed would fail the next request.
  const agent = tls ? agentFor(tls, host) : new HttpAgent({ keepAlive: false });
  const headers = namespace === undefined ? {} : { "x-consul-namespace": namespace };
  const options = { host: host.includes(":") ? `[${host}]` : host, port, secure: tls !== undefined, agent, headers };
  const api = new Consul(options) as unknown as ConsulApi;
  // npm:consul 2.0.1 drops fields that it does not know, Weights among them (createService in
  // https://github.com/silas/node-consul/blob/v2.0.1/lib/utils.js). This can go when it passes Weights on.
  api._ext("onCreate", (request, next) => {
    request.opts.buffer = true; // JSON is read by JsonReader
    if (request.ctx.extraBody) Object.assign(request.opts.body!, request.ctx.extraBody);
    next();
  });
  api._ext("onRequest", (request, next) => {
    const { transport, ctx } = request;
    request.transport = { request: (options) => guardAnswer(transport.request(options), ctx.mostBytes) };
    next();
  });
  return api;
}

/** Waits for a promise that cannot be cancelled itself: the load of npm:consul, which may be a download. */
async function within<T>(timeout: number, signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  const stop = after(timeout, () => reject(new Error(`npm:consul is not loaded after ${timeout} ms`)));
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, ended]);
  } finally {
    stop();
    signal.removeEventListener("abort", abort);
  }
}

/** Opens its connections so that the agent's certificate is checked by the kit. */
function agentFor({ ca, cert, key, serverName }: ConsulTls, host: string): HttpsAgent {
  const trust = { ca, name: serverName ?? host };
  const connect = (options: ConnectionOptions) => connectTls({ ...options, cert, key, minVersion: "TLSv1.2" }, trust);
  return Object.assign(new HttpsAgent({ keepAlive: false }), { createConnection: connect });
}
