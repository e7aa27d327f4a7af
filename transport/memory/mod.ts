import { AsyncLocalStorage } from "node:async_hooks";
import { type Address, formatAddress } from "../../base/address.ts";
import { inBackground } from "../../base/background.ts";
import type { Connection, ConnectOptions, Listener, ListenOptions, ServerCall, Transport } from "../transport.ts";
import { MemoryConnection, type Target } from "./connection.ts";

/**
 * Creates a transport for calls inside this process, without sockets or permissions. Its addresses are names, such as
 * `memory:echo`, which are valid only within the returned object: a server and its clients must share it. Deadlines,
 * cancellation, limits and flow control work as over a network. TLS and compression are not supported.
 *
 * @example
 * ```ts
 * import { memoryTransport } from "./mod.ts";
 *
 * memoryTransport().permissions; // []
 * ```
 */
export function memoryTransport(): Transport {
  const listeners = new Map<string, MemoryListener>();
  let connections = 0;
  return {
    name: "memory",
    permissions: [],
    // deno-lint-ignore require-await -- async, so that exceptions become rejections
    async listen(options: ListenOptions): Promise<Listener> {
      const name = nameOf(options.address, "listen");
      if (listeners.has(name)) {
        throw new Deno.errors.AddrInUse(`memory:${name}: another server of this transport listens there`);
      }
      const listener = new MemoryListener(options, () => {
        if (listeners.get(name) === listener) listeners.delete(name);
      });
      listeners.set(name, listener);
      return listener;
    },
    // deno-lint-ignore require-await -- as above
    async connect(options: ConnectOptions): Promise<Connection> {
      options.signal.throwIfAborted();
      const name = nameOf(options.address, "connect");
      const listener = listeners.get(name);
      if (listener) return listener.accept(options, ++connections);
      throw new Deno.errors.ConnectionRefused(
        `memory:${name}: nobody listens there; a server and its clients must be given the same memoryTransport()`,
      );
    },
  };
}

class MemoryListener implements Listener, Target {
  readonly address: Address;
  readonly options: ListenOptions;
  #connections = new Set<MemoryConnection>();
  #unlisten: () => void;
  // A call runs on behalf of the server, so it must not see the client's AsyncLocalStorage.
  #asServer = AsyncLocalStorage.snapshot();

  constructor(options: ListenOptions, unlisten: () => void) {
    this.address = options.address;
    this.options = options;
    this.#unlisten = unlisten;
  }

  accept(options: ConnectOptions, id: number): Connection {
    const peer = { address: formatAddress(this.address) };
    const connection = new MemoryConnection(options, this, peer, { address: `memory:client-${id}` });
    this.#connections.add(connection);
    inBackground("the end of a connection", this.options.logger, async () => {
      await connection.closed;
      await this.#forget(connection);
    });
    return connection;
  }

  take(call: ServerCall): void {
    this.#asServer(() => this.options.onCall(call));
  }

  drain(): Promise<void> {
    return this.#leave("the server is stopping", false);
  }

  close(): Promise<void> {
    return this.#leave("the server was closed", true);
  }

  async #leave(why: string, force: boolean): Promise<void> {
    this.#unlisten();
    await Promise.all(Array.from(this.#connections, (connection) => connection.goAway(why, force)));
  }

  async #forget(connection: MemoryConnection): Promise<void> {
    await connection.retire("");
    this.#connections.delete(connection);
  }
}

function nameOf(address: Address, action: string): string {
  if (address.kind === "memory") return address.name;
  throw new TypeError(`memory transport: ${action} got ${formatAddress(address)}; use "memory:NAME"`);
}
