import { after, timeOfDay } from "../base/time.ts";
import {
  type CallStart,
  type CallStatus,
  type ClientCall,
  type Connection,
  type ConnectOptions,
  formatAddress,
  type ListenOptions,
  memoryTransport,
  Metadata,
  type ServerCall,
  type Service,
  Status,
  type Transport,
} from "../mod.ts";
import { FaultList, type Faults } from "./faults.ts";
import { FaultyCall, statusOf } from "./faulty_call.ts";

/** A transport in memory with injected faults. */
export interface FaultyTransport extends Transport {
  /** The faults, and the attempts that arrived. */
  readonly faults: Faults;
}

/**
 * Creates a memory transport with injected faults, for tests with several servers. For one client and one server, use
 * {@linkcode testPair}. Faults act between the connection and the server's code, so the client's retries, hedging,
 * breakers and ejection see them like faults of a real server.
 *
 * @example One of two instances fails, and the calls go to the other.
 * ```ts
 * import { createClient, createServer, Status } from "../mod.ts";
 * import { faultyTransport, testRegistry } from "./mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * const transport = faultyTransport();
 * const registry = testRegistry();
 * const start = async (address: string) => {
 *   const server = createServer({ name: "echo", address, transport, registry, drainDelay: 0 });
 *   await server.add(EchoService, { echo: () => ({ resp: address }) }).start();
 *   return server;
 * };
 * await using _a = await start("memory:a");
 * await using _b = await start("memory:b");
 * transport.faults.inject({ address: "memory:a", status: Status.UNAVAILABLE });
 *
 * const options = { name: "echo", resolver: registry, transport, retry: { attempts: 2 } };
 * await using client = createClient(EchoService, options);
 * for (let i = 0; i < 4; i++) if ((await client.echo({ mes: "" })).resp !== "memory:b") throw new Error("not there");
 * ```
 *
 * @param services The services whose methods faults may name.
 */
export function faultyTransport(...services: readonly Service[]): FaultyTransport {
  const inner = memoryTransport();
  const faults = new FaultList(services);
  const connections = new Map<string, Set<FragileConnection>>();
  const at = (address: string) => {
    if (!connections.has(address)) connections.set(address, new Set());
    return connections.get(address)!;
  };
  return {
    name: inner.name,
    permissions: inner.permissions,
    faults,
    listen(options: ListenOptions) {
      const address = formatAddress(options.address);
      faults.addresses.add(address);
      const onCall = (call: ServerCall) => {
        const method = call.path.slice(call.path.lastIndexOf("/") + 1);
        const metadata = new Metadata(call.metadata);
        const fault = faults.next(call.path, {
          method,
          address,
          metadata,
          deadline: call.deadline && timeOfDay(call.deadline),
        });
        if (fault === undefined) return options.onCall(call);
        const drop = () => at(address).forEach((connection) => connection.lose());
        if (fault.after) return options.onCall(new FaultyCall(call, fault, drop));
        const goOn = () => {
          if (fault.drop) drop();
          else if (fault.status !== undefined) call.finish(statusOf(fault));
          else if (!fault.hang) options.onCall(call);
        };
        if (fault.delay === undefined) return goOn();
        const stop = after(fault.delay, goOn);
        call.signal.addEventListener("abort", stop);
      };
      return inner.listen({ ...options, onCall });
    },
    async connect(options: ConnectOptions) {
      const those = at(formatAddress(options.address));
      const connection = new FragileConnection(await inner.connect(options));
      those.add(connection);
      const forget = () => those.delete(connection);
      connection.closed.then(forget, forget);
      return connection;
    },
  };
}

const WHY = "the connection was lost, as the test wants";
const LOST: CallStatus = { code: Status.UNAVAILABLE, message: WHY, lost: true, origin: "connection" };

/** A connection that can be dropped. */
class FragileConnection implements Connection {
  readonly peer: Connection["peer"];
  readonly closed: Promise<string>;
  #inner: Connection;
  #lost = Promise.withResolvers<string>();
  #calls = new Set<FragileCall>();

  constructor(inner: Connection) {
    this.#inner = inner;
    this.peer = inner.peer;
    this.closed = Promise.race([inner.closed, this.#lost.promise]);
  }

  start(options: CallStart): ClientCall {
    const call = new FragileCall(this.#inner.start(options), () => this.#calls.delete(call));
    this.#calls.add(call);
    return call;
  }

  close(force?: boolean): Promise<void> {
    return this.#inner.close(force);
  }

  lose(): void {
    this.#lost.resolve(WHY);
    for (const call of this.#calls) call.lose();
    this.#inner.close(true).catch(() => {});
  }
}

/** A call that can be dropped. */
class FragileCall implements ClientCall {
  #inner: ClientCall;
  #onEnd: () => void;
  #lost: CallStatus | undefined;
  /** Messages that had arrived before the connection was dropped. */
  #kept: Uint8Array[] = [];

  constructor(inner: ClientCall, onEnd: () => void) {
    this.#inner = inner;
    this.#onEnd = onEnd;
  }

  get status(): CallStatus | undefined {
    return this.#kept.length > 0 ? undefined : this.#lost ?? this.#inner.status;
  }

  send(...args: Parameters<ClientCall["send"]>): ReturnType<ClientCall["send"]> {
    return this.#inner.send(...args);
  }

  end(): void {
    this.#inner.end();
  }

  async receive(): Promise<Uint8Array | undefined> {
    const message = this.#kept.shift() ?? await this.#inner.receive();
    if (message === undefined) this.#onEnd();
    return message;
  }

  cancel(): void {
    this.#onEnd();
    this.#inner.cancel();
  }

  lose(): void {
    const next = () => this.#inner.receive();
    for (let message = next(); message instanceof Uint8Array; message = next()) this.#kept.push(message);
    if (this.#inner.status === undefined) this.#lost = LOST;
  }
}
