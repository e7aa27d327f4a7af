/**
 * How Dinokit speaks with a Consul agent: the one file that sees npm:consul.
 *
 * @module
 */

import { EventEmitter } from "node:events";
import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { loadConsul } from "../deps.ts";
import { outsideScopes } from "../rpc/outside_scopes.ts";
import { after } from "../rpc/time.ts";

/** TLS to a Consul agent. All are PEM texts. */
export interface ConsulTls {
  /** The certificates that sign the agent's. @default the ones that come with Deno */
  ca?: string;
  /** The own certificate chain, if the agent asks for one. */
  cert?: string;
  /** Its private key. */
  key?: string;
  /** The name that the agent's certificate must have. @default the host of the address */
  serverName?: string;
}

/** Where the agent is and what it is to be shown. */
export interface ConsulEndpoint {
  readonly host: string;
  readonly port: number;
  /** Reads the ACL token; `""` is none. */
  readonly token: () => string;
  readonly tls: ConsulTls | undefined;
  readonly namespace: string | undefined;
}

/** A response of Consul's HTTP API: its status and fields, and the JSON of its body. */
export type Answer = [response: { statusCode?: number; headers: Record<string, string | undefined> }, body?: unknown];

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

/** What Dinokit uses of npm:consul, as it behaves: its own types lack `index`, `wait`, `ctx`, `timeout` and the answers. */
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
  ctx: { extraBody?: Record<string, unknown> };
  opts: { body?: Record<string, unknown> };
  transport: { request(options: unknown): ClientRequest };
}

/** How long a request may take, and what ends it before. */
export interface AskOptions {
  /** In milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Fields of the request's body that npm:consul does not know. */
  extraBody?: Record<string, unknown>;
}

/** A request that failed. The message says where, and what Consul or the network said. */
export class ConsulError extends Error {
  override name = "ConsulError";
  /** The HTTP status of the answer, or what kept it from coming: `403`, `"ECONNREFUSED"`, `"timeout"`. */
  readonly kind: number | string;

  constructor(message: string, kind: number | string, cause: unknown) {
    super(message, { cause });
    this.kind = kind;
  }

  /** Whether Consul has understood the request and will not do it. */
  get refused(): boolean {
    return typeof this.kind === "number" && this.kind < 500;
  }
}

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

  /** What the ACL token of the last request is called in a message: enough to tell two apart, and no secret. */
  get tokenName(): string {
    if (this.anonymous) return "no token (option token)";
    const start = this.#token.length < 16 ? "" : `${this.#token.slice(0, 4)}`;
    return `the token${start && ` "${start}..."`} of option token`;
  }

  /**
   * Makes one request.
   *
   * @throws {ConsulError} Whatever goes wrong.
   */
  async ask(
    request: (api: ConsulApi, options: RequestOptions) => Promise<Answer>,
    { timeout, signal, extraBody }: AskOptions,
  ): Promise<Answer> {
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true, extraBody });
    const cancel = () => ctx.emit("cancel");
    try {
      const api = await within(timeout, signal, this.#api ??= connect(this.#endpoint));
      const token = this.#token = this.#endpoint.token();
      signal.throwIfAborted();
      signal.addEventListener("abort", cancel);
      return await request(api, { token, timeout, ctx });
    } catch (error) {
      throw explain(`Consul at ${this.address}`, error);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }
}

async function connect({ host, port, tls, namespace }: ConsulEndpoint): Promise<ConsulApi> {
  const Consul = await outsideScopes(loadConsul);
  // No connection is kept between requests: one that a restarted agent has closed would fail the next request.
  const agent = tls ? new HttpsAgent({ keepAlive: false, ...certificates(tls) }) : new HttpAgent({ keepAlive: false });
  const headers = namespace === undefined ? {} : { "x-consul-namespace": namespace };
  const options = { host: host.includes(":") ? `[${host}]` : host, port, secure: tls !== undefined, agent, headers };
  const api = new Consul(options) as unknown as ConsulApi;
  // npm:consul 2.0.1 drops fields that it does not know, Weights among them (createService in
  // https://github.com/silas/node-consul/blob/v2.0.1/lib/utils.js). This can go when it passes Weights on.
  api._ext("onCreate", (request, next) => {
    if (request.ctx.extraBody) Object.assign(request.opts.body!, request.ctx.extraBody);
    next();
  });
  api._ext("onRequest", (request, next) => {
    const { transport } = request;
    request.transport = { request: (options) => failIfCutOff(transport.request(options)) };
    next();
  });
  return api;
}

/** papi 1.1.2 waits for the rest of an answer that was cut off until its timeout, a minute in a blocking query. This can go when it does not. */
function failIfCutOff(request: ClientRequest): ClientRequest {
  request.on("response", (response) => {
    response.on("aborted", () => request.emit("error", new Error("its answer was cut off")));
  });
  return request;
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

function certificates({ ca, cert, key, serverName }: ConsulTls): Record<string, string | undefined> {
  return { ca, cert, key, ...(serverName !== undefined && { servername: serverName }) };
}

/** What papi, the HTTP client inside npm:consul, adds to an error. */
interface PapiError extends Error {
  code?: string;
  isTimeout?: boolean;
  isCodec?: boolean;
  response?: { statusCode: number; body?: unknown };
}

function explain(where: string, error: unknown): ConsulError {
  const { message, code, isTimeout, isCodec, response } = error as PapiError;
  if (isCodec) return new ConsulError(`${where} answered with what is not JSON: ${message}`, "garbage", error);
  if (response && response.statusCode >= 300) {
    const said = typeof response.body === "string" ? response.body.trim().slice(0, 200) : message;
    return new ConsulError(`${where} answered ${response.statusCode}: ${said}`, response.statusCode, error);
  }
  if (isTimeout) return new ConsulError(`${where} does not answer: ${message}`, "timeout", error);
  if (code === "ECONNREFUSED") return new ConsulError(`${where} is down: ${message}`, code, error);
  return new ConsulError(`${where} can't be asked: ${message}`, code ?? "unknown", error);
}
