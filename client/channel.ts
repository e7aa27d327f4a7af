import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";
import type { Resolution, Watch } from "../registry/registry.ts";
import { chooseTransport, type TransportChoice } from "../transport/choose.ts";
import { LONGEST_TIMER } from "../transport/limits.ts";
import type { Connection, Transport } from "../transport/transport.ts";
import { waitFor } from "./deadline.ts";
import type { ClientSettings } from "./options.ts";
import { Subchannel, type SubchannelSetup } from "./subchannel.ts";

/** The way from a service's name to a connection: resolver, subchannels, balancer. Nothing happens before the first call. */
export class Channel {
  readonly #settings: ClientSettings;
  readonly #setup: SubchannelSetup;
  readonly #subchannels = new Map<string, Subchannel>();
  readonly #first = Promise.withResolvers<void>();
  /** The instances that are gone, while their calls are in flight. */
  readonly #leaving = new Set<Subchannel>();
  #transport: Promise<Transport> | undefined;
  #watch: Watch | undefined;
  #resolveError: Error | undefined;
  /** What the resolver says of an empty list. */
  #whyNone: string | undefined;
  #closed = false;

  constructor(settings: ClientSettings, transport: TransportChoice | undefined) {
    this.#settings = settings;
    const { connectTimeout, authority, tls, limits, compression, logger } = settings;
    this.#setup = {
      transport: () => this.#transport ??= chooseTransport("createClient", transport),
      connectTimeout,
      authority,
      options: { tls, limits, compression, logger },
    };
  }

  /**
   * A connection for the next call.
   *
   * @throws {RpcError} UNAVAILABLE if there is none, naming the service and the last error; DEADLINE_EXCEEDED or CANCELLED if that comes first.
   */
  async connection(deadline?: number, signal?: AbortSignal): Promise<Connection> {
    if (this.#closed) throw new RpcError(Status.UNAVAILABLE, `the client of ${this.#settings.target} was closed`);
    if (this.#watch === undefined) {
      const { resolver, target, logger } = this.#settings;
      this.#watch = resolver.watch(target, (resolution) => this.#resolved(resolution), logger);
    }
    const ready = this.#pick();
    if (ready) return ready;
    if (this.#subchannels.size === 0) await waitFor(this.#first.promise, deadline, signal);
    if (this.#closed) throw new RpcError(Status.UNAVAILABLE, `the client of ${this.#settings.target} was closed`);
    return this.#pick() ?? await this.#connectAny(deadline, signal);
  }

  /** A connection for the next call, if one is there: most calls need not wait. */
  ready(): Connection | undefined {
    return this.#closed || this.#watch === undefined ? undefined : this.#pick();
  }

  /** One of those that are connected; the others are told to connect meanwhile. */
  #pick(): Connection | undefined {
    const ready: Subchannel[] = [];
    for (const one of this.#subchannels.values()) {
      if (one.connection) ready.push(one);
      else if (one.hopeful) one.connect().catch(() => {});
    }
    if (ready.length === 0) return undefined;
    return ready.length === 1 ? ready[0]!.connection : this.#settings.balancer.pick(ready).connection;
  }

  /** Waits for the first that connects. */
  async #connectAny(deadline?: number, signal?: AbortSignal): Promise<Connection> {
    const all = [...this.#subchannels.values()];
    try {
      await waitFor(Promise.any(all.map((one) => one.connect())), deadline, signal);
    } catch (error) {
      if (error instanceof RpcError) throw error;
      throw this.#unavailable(all);
    }
    return this.#pick() ?? all.find((one) => one.connection)?.connection ?? fail(this.#unavailable(all));
  }

  #unavailable(tried: Subchannel[]): RpcError {
    const { target } = this.#settings;
    if (tried.length === 0) {
      const why = this.#resolveError?.message ?? this.#whyNone;
      const text = `no instance of ${target} is known${why === undefined ? "" : `: ${why}`}`;
      return new RpcError(Status.UNAVAILABLE, text, { cause: this.#resolveError });
    }
    const [first] = tried.map((one) => one.lastError).filter((error) => error !== undefined);
    const where = tried.map((one) => one.instance.address).join(", ");
    return new RpcError(Status.UNAVAILABLE, `no connection to ${target} (${where}): ${first?.message ?? "lost"}`, {
      cause: first,
    });
  }

  #resolved(resolution: Resolution): void {
    if ("error" in resolution) {
      this.#resolveError = resolution.error;
      return this.#first.resolve();
    }
    this.#resolveError = undefined;
    this.#whyNone = resolution.why;
    const wanted = new Set(resolution.instances.map((instance) => instance.address));
    for (const [address, subchannel] of this.#subchannels) {
      if (wanted.has(address)) continue;
      this.#subchannels.delete(address);
      this.#leaving.add(subchannel);
      void subchannel.close().finally(() => this.#leaving.delete(subchannel));
    }
    for (const instance of resolution.instances) {
      const known = this.#subchannels.get(instance.address);
      if (!known) this.#subchannels.set(instance.address, new Subchannel(instance, this.#setup));
      else known.instance = instance;
    }
    this.#first.resolve();
  }

  /** Ends the watch, then the connections once their calls have ended; those that last longer than `drainTimeout` are cancelled. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    this.#first.resolve();
    const all = [...this.#leaving, ...this.#subchannels.values()];
    this.#subchannels.clear();
    const cut = () => all.forEach((one) => void one.close(true));
    const timer = setTimeout(cut, Math.min(this.#settings.drainTimeout, LONGEST_TIMER));
    await Promise.all(all.map((one) => one.close())).finally(() => clearTimeout(timer));
  }
}

function fail(error: Error): never {
  throw error;
}
