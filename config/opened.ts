import type { Client } from "../client/client.ts";
import type { Service } from "../rpc/service.ts";
import type { Server } from "../server/server.ts";

/** The servers, clients and the log that one `configure` has opened. */
export class Opened {
  readonly #log: Disposable | undefined;
  readonly #servers = new Set<Server>();
  readonly #clients = new Set<AsyncDisposable>();
  #closing: Promise<void> | undefined;

  constructor(log: Disposable | undefined) {
    this.#log = log;
  }

  /** @throws {TypeError} If all has been closed. */
  check(who: string): void {
    if (!this.#closing) return;
    throw new TypeError(
      `${who}: what configure() opened was closed, when its last server stopped or "await using" ended; call it again`,
    );
  }

  /** Adds a server. */
  server(server: Server): void {
    this.#servers.add(server);
  }

  /** Closes all once the last server has stopped. */
  async stopped(server: Server): Promise<void> {
    this.#servers.delete(server);
    if (this.#servers.size === 0) await this.#closeAll();
  }

  /** Adds a client, and forgets it when it is closed. */
  client<S extends Service>(client: Client<S>): Client<S> {
    const close = client[Symbol.asyncDispose];
    const closer = client as { [Symbol.asyncDispose]: () => PromiseLike<void> };
    closer[Symbol.asyncDispose] = () => {
      this.#clients.delete(client);
      return close();
    };
    this.#clients.add(client);
    return client;
  }

  /** Stops the servers, then closes the clients and the log. */
  async close(): Promise<void> {
    try {
      await Promise.all([...this.#servers].map((server) => server.stop()));
    } finally {
      await this.#closeAll();
    }
  }

  #closeAll(): Promise<void> {
    return this.#closing ??= Promise.all([...this.#clients].map((client) => client[Symbol.asyncDispose]()))
      .then(() => {}).finally(() => this.#log?.[Symbol.dispose]());
  }
}
