import {
  type Client,
  type ClientOptions,
  createClient,
  createLogger,
  createServer,
  type Handlers,
  RpcError,
  type Server,
  type ServerMiddleware,
  type ServerOptions,
  type Service,
  Status,
} from "../mod.ts";
import type { Faults } from "./faults.ts";
import { type Entry, type RecordedCall, recorder } from "./record.ts";
import { faultyTransport } from "./transport.ts";

/** Options of {@linkcode testPair}. */
export interface TestPairOptions<S extends Service = Service> {
  /**
   * Options of the server, except its address and transport. The defaults are those of `createServer`, but `drainDelay`
   * is 0 and the logger writes from level warn on.
   */
  readonly server?: Partial<Omit<ServerOptions, "address" | "transport" | "workers">>;
  /**
   * Options of the client, except those that locate the server.
   * @default {none}
   */
  readonly client?: Omit<ClientOptions<S>, "name" | "resolver" | "address" | "transport">;
  /**
   * The server's middleware; the first is the outermost.
   * @default {[]}
   */
  readonly middleware?: readonly ServerMiddleware[];
}

/** A server and its client, in memory. `await using` stops both and cancels calls in flight. */
export interface TestPair<S extends Service> extends AsyncDisposable {
  /** The client. */
  readonly client: Client<S>;
  /** The started server. */
  readonly server: Server;
  /** The calls that reached the server's code, the oldest first. */
  readonly calls: readonly RecordedCall<S>[];
  /** The faults between the two, and the attempts that arrived. */
  readonly faults: Faults;
}

/**
 * Starts a server in memory and creates a client for it. Only the sockets are replaced: codec, deadlines, cancellation,
 * metadata, metainfo, errors, policies and middleware are the real ones.
 *
 * @example The deadline and the metainfo that a handler receives.
 * ```ts
 * import { assertMetadata, testPair } from "./mod.ts";
 * import { withMetainfo } from "../mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * await using echo = await testPair(EchoService, { echo: (req) => ({ resp: req.mes }) });
 * const response = await withMetainfo(
 *   { persistent: { CLIENT_NAME: "me" } },
 *   () => echo.client.echo({ mes: "hello" }, { timeout: 500, metadata: { "x-user": "7" } }),
 * );
 *
 * const [call] = echo.calls;
 * console.assert(response.resp === "hello" && call!.deadline! <= Date.now() + 500);
 * console.assert(call!.metainfo.persistent.get("CLIENT_NAME") === "me");
 * assertMetadata(call!.metadata, { "x-user": "7" });
 * ```
 *
 * @example A first attempt that fails, and a retry that succeeds.
 * ```ts
 * import { testPair } from "./mod.ts";
 * import { Status } from "../mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * await using echo = await testPair(EchoService, { echo: (req) => ({ resp: req.mes }) }, {
 *   client: { retry: { attempts: 3 } },
 * });
 * echo.faults.inject({ method: "Echo", attempts: [1], status: Status.UNAVAILABLE });
 * await echo.client.echo({ mes: "hello" });
 * console.assert(echo.faults.attempts.length === 2 && echo.calls.length === 1);
 * ```
 *
 * @param service The generated definition.
 * @param handlers The handlers. A method without one responds with UNIMPLEMENTED.
 * @param options Further options of the server and the client.
 * @throws {TypeError} As {@linkcode createServer}, {@linkcode Server.add} and {@linkcode createClient} do.
 */
export async function testPair<S extends Service>(
  service: S,
  handlers: Partial<Handlers<NoInfer<S>>>,
  options: TestPairOptions<NoInfer<S>> = {},
): Promise<TestPair<S>> {
  const address = "memory:test";
  const transport = faultyTransport(service);
  const calls: Entry[] = [];
  const logger = createLogger("warn");
  const server = createServer({ name: service.typeName, logger, drainDelay: 0, ...options.server, address, transport });
  server.use(recorder(service, calls), ...options.middleware ?? []).add(service, completed(service, handlers));
  const client = createClient(service, { logger, ...options.client, address, transport });
  await server.start();
  return {
    client,
    server,
    calls: calls as readonly RecordedCall<S>[],
    faults: transport.faults,
    async [Symbol.asyncDispose]() {
      // The server comes first: it cancels the calls in flight, for which the client would wait.
      await server.stop({ force: true });
      await client[Symbol.asyncDispose]();
    },
  };
}

/** Returns the handlers, with one that responds UNIMPLEMENTED for each missing method. */
function completed<S extends Service>(service: S, handlers: Partial<Handlers<S>>): Handlers<S> {
  const given = handlers as Record<string, unknown>;
  const missing = Object.keys(service.methods).filter((name) => given[name] === undefined);
  if (missing.length === 0) return handlers as Handlers<S>;
  const all: Record<string, unknown> = { ...given };
  for (const name of Object.keys(service.methods)) {
    // Calls the handler on the test's object, because it may be a method that uses `this`.
    all[name] = missing.includes(name) ? unimplemented(name) : (...args: unknown[]) => call(given, name, args);
  }
  return all as Handlers<S>;
}

const call = (owner: Record<string, unknown>, name: string, args: unknown[]): unknown =>
  (owner[name] as (...args: unknown[]) => unknown)(...args);

const unimplemented = (name: string) => () => {
  throw new RpcError(Status.UNIMPLEMENTED, `the test has no handler "${name}"`);
};
