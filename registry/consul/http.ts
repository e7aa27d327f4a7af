/**
 * The HTTP client for a Consul agent. No other file imports npm:consul.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { loadConsul } from "../../deps.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { connectTls } from "../../tls/connect.ts";
import { within } from "../../base/wait.ts";
import { guardAnswer } from "./answer.ts";
import { ConsulError, explain } from "./error.ts";
import { JsonReader } from "./json_reader.ts";
import { nextTurn } from "./turns.ts";

/** TLS to a Consul agent. All values but the name are PEM texts. */
export interface ConsulTls {
  /**
   * The authorities that may sign the agent's certificate. The default authorities need the permissions
   * `--allow-sys --allow-env=NODE_USE_SYSTEM_CA`.
   * @default {those that Deno trusts}
   */
  ca?: string;
  /** The client's certificate chain, if the agent asks for one. */
  cert?: string;
  /** The private key of `cert`. */
  key?: string;
  /**
   * The name that the agent's certificate must have: a DNS name or an IP address.
   * @default {the host of the address}
   */
  serverName?: string;
}

/** The address of an agent and the credentials for it. */
export interface ConsulEndpoint {
  readonly host: string;
  readonly port: number;
  /** Returns the ACL token; `""` means none. */
  readonly token: () => string;
  /** The file that the token comes from, for messages. */
  readonly tokenFile: string | undefined;
  /** The maximum size of an answer with a list, in bytes. */
  readonly answerBytes: number;
  readonly tls: ConsulTls | undefined;
  readonly namespace: string | undefined;
}

/** A response of Consul's HTTP API: its status and fields, and its body. */
export type Answer = [
  response: { statusCode?: number; headers: Record<string, string | undefined> },
  body?: Uint8Array<ArrayBuffer>,
];

/** The options of every request. */
export interface RequestOptions {
  token: string;
  /** The timeout of the whole request, in milliseconds. */
  timeout: number;
  /** Aborts the request when it emits `cancel`. */
  ctx: EventEmitter;
}

/** The further options of a blocking query. */
export interface QueryOptions extends RequestOptions {
  dc?: string;
  index?: string;
  wait?: string;
  stale?: true;
}

/**
 * The part of npm:consul that Dinokit uses, as it behaves: its own types lack `index`, `wait`, `ctx`, `timeout` and the
 * answers.
 */
export interface ConsulApi {
  health: {
    service(options: QueryOptions & { service: string; passing?: true }): Promise<Answer>;
  };
  catalog: {
    service: { list(options: RequestOptions & { dc?: string }): Promise<Answer> };
  };
  kv: {
    /** Returns the value's bytes. For a missing key, there is no body and no error. */
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

/** The options of {@linkcode ConsulHttp.ask}. */
export interface AskOptions {
  /** The timeout, in milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Whether the answer is a list, which is limited by `answerBytes`. Other answers are limited to 1 MiB. */
  isList?: boolean;
  /** Fields of the request's body that npm:consul does not know. */
  extraBody?: Record<string, unknown>;
}

/** The maximum size of an answer that is not a list. A value in Consul has at most 512 KiB. */
export const ONE_ANSWER_BYTES = 2 ** 20;

/** The connection data of one agent, and the requests to it. */
export class ConsulHttp {
  /** The agent's address for messages: `"127.0.0.1:8500"`. */
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

  /** Whether the last request had no token. */
  get anonymous(): boolean {
    return this.#token === "";
  }

  /** How a message names the ACL token of the last request: by its source, never by any part of it. */
  get tokenName(): string {
    const { tokenFile } = this.#endpoint;
    return (this.anonymous ? "the anonymous token" : "the token") +
      (tokenFile === undefined ? "" : ` (in ${tokenFile})`);
  }

  /**
   * Sends one request.
   *
   * @throws {ConsulError} If anything fails.
   */
  async ask(
    request: (api: ConsulApi, options: RequestOptions) => Promise<Answer>,
    { timeout, signal, isList = false, extraBody }: AskOptions,
  ): Promise<Answer> {
    const mostBytes = isList ? this.#endpoint.answerBytes : ONE_ANSWER_BYTES;
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true, extraBody, mostBytes });
    const cancel = () => ctx.emit("cancel");
    try {
      // Loading npm:consul may be a download.
      const api = await within(
        this.#api ??= connect(this.#endpoint),
        timeout,
        () => {
          throw new Error(`npm:consul is not loaded after ${timeout} ms`);
        },
        signal,
        () => {
          throw signal.reason;
        },
      );
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
   * Parses the JSON of an answer.
   *
   * @throws {ConsulError} If it is not JSON.
   */
  async read<T>(body: Uint8Array | undefined, read: (json: JsonReader) => T | Promise<T>): Promise<T> {
    try {
      // papi has just concatenated a large body, which used up this turn.
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
  // No connection is kept alive between requests: if a restarted agent had closed it, the next request would fail.
  const agent = tls ? agentFor(tls, host) : new HttpAgent({ keepAlive: false }) as HttpsAgent;
  const headers = namespace === undefined ? {} : { "x-consul-namespace": namespace };
  const options = { host: host.includes(":") ? `[${host}]` : host, port, secure: tls !== undefined, agent, headers };
  const api = new Consul(options) as unknown as ConsulApi;
  // npm:consul 2.0.1 drops fields that it does not know, Weights among them (createService in
  // https://github.com/silas/node-consul/blob/v2.0.1/lib/utils.js). This can go when it passes Weights on.
  api._ext("onCreate", (request, next) => {
    request.opts.buffer = true; // JsonReader parses the JSON
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

/** Returns an agent whose connections use the kit's check of the server certificate. */
function agentFor({ ca, cert, key, serverName }: ConsulTls, host: string): HttpsAgent {
  const trust = { ca, name: serverName ?? host };
  const connect = (options: ConnectionOptions) => connectTls({ ...options, cert, key, minVersion: "TLSv1.2" }, trust);
  return Object.assign(new HttpsAgent({ keepAlive: false }), { createConnection: connect });
}
