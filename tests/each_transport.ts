/**
 * One case over each transport: a server of `dinokit.test.Kinds` and a client of it.
 *
 * @module
 */

import {
  type Client,
  type ClientOptions,
  createClient,
  createServer,
  type Handlers,
  type Logger,
  memoryTransport,
  type Server,
  type ServerMiddleware,
  type ServerOptions,
  type Transport,
  type TransportName,
} from "../mod.ts";
import { kindsHandlers, type Seen } from "./kinds.ts";
import { needs } from "./needs.ts";
import { Kinds } from "./proto/kinds.ts";
import { grpcJs } from "../transport/grpc_js/mod.ts";

export type KindsClient = Client<typeof Kinds>;

/** A server and its client. */
export interface Pair {
  readonly server: Server;
  readonly client: KindsClient;
  /** What the handlers saw. */
  readonly seen: readonly Seen[];
  /** What the server logged: warnings and errors. */
  readonly log: readonly string[];
  /** Makes another client. */
  connect(options: Partial<ClientOptions>): KindsClient;
}

/** The promise's value, or an error if there is none in time. */
export function within<T>(ms: number, promise: PromiseLike<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Values as a stream. */
export async function* from<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

/** What each case is run over. */
type Place = { address: string; transport: Transport | TransportName };

const TRANSPORTS: { name: string; net: boolean; options(): Place }[] = [
  { name: "memory", net: false, options: () => ({ address: "memory:kinds", transport: memoryTransport() }) },
  { name: "http2", net: true, options: () => ({ address: "127.0.0.1:0", transport: "http2" }) },
  { name: "grpc-js", net: true, options: () => ({ address: "127.0.0.1:0", transport: grpcJs() }) },
];

/**
 * Registers a case once for each transport.
 *
 * @param name What it shows.
 * @param body The case.
 * @param more Options of the server, its middleware, and handlers in place of those of {@linkcode kindsHandlers}.
 */
export function each(
  name: string,
  body: (pair: Pair) => Promise<void>,
  { handlers, middleware = [], ...more }: Partial<ServerOptions> & {
    handlers?: Partial<Handlers<typeof Kinds>>;
    middleware?: ServerMiddleware[];
  } = {},
): void {
  for (const { name: transport, net, options } of TRANSPORTS) {
    const permissions: Deno.PermissionDescriptor[] = net ? [{ name: "net" }, { name: "env" }] : [];
    needs(permissions, `${transport}: ${name}`, async () => {
      const seen: Seen[] = [];
      const log: string[] = [];
      const write = (message: string, fields?: Record<string, unknown>) =>
        void log.push(`${message} ${Deno.inspect(fields)}`);
      const logger: Logger = { debug() {}, info() {}, warn: write, error: write };
      const common = options();
      await using server = createServer({ name: "kinds", logger, drainTimeout: 1000, ...common, ...more });
      server.use(...middleware).add(Kinds, { ...kindsHandlers(seen), ...handlers });
      await server.start();
      const connect = (options: Partial<ClientOptions>) =>
        createClient(Kinds, { address: server.address, transport: common.transport, logger, ...options });
      await using client = connect({});
      await body({ server, client, seen, log, connect });
    });
  }
}
