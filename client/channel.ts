import { RpcError } from "../rpc/error.ts";
import { Status } from "../rpc/status.ts";
import type { Resolution, Watch } from "../registry/registry.ts";
import { chooseTransport, type TransportChoice } from "../transport/choose.ts";
import { LONGEST_TIMER } from "../transport/limits.ts";
import type { Transport } from "../transport/transport.ts";
import type { CallToBalance } from "./balancing/balancer.ts";
import { waitFor } from "./deadline.ts";
import type { ClientSettings } from "./options.ts";
import { Subchannel, type SubchannelSetup } from "./subchannel.ts";

/** What a call asks of the choice of its instance. */
export interface PickOptions extends CallToBalance {
  /** Instances that it has tried: another is taken if there is one. */
  readonly avoid?: ReadonlySet<Subchannel>;
}

/** The way from a service's name to an instance with a connection: resolver, subchannels, balancer. Nothing happens before the first call. */
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
   * The instance for the next call or attempt: it has a connection.
   *
   * @throws {RpcError} UNAVAILABLE if there is none, naming the service and the last error; DEADLINE_EXCEEDED or CANCELLED if that comes first.
   */
  async wait(call: PickOptions, deadline?: number, signal?: AbortSignal): Promise<Subchannel> {
    if (this.#closed) throw new RpcError(Status.UNAVAILABLE, `the client of ${this.#settings.target} was closed`);
    if (this.#watch === undefined) {
      const { resolver, target, logger, policy } = this.#settings;
      policy.open();
      this.#watch = resolver.watch(target, (resolution) => this.#resolved(resolution), logger);
    }
    const ready = this.#pick(call);
    if (ready) return ready;
    if (this.#subchannels.size === 0) await waitFor(this.#first.promise, deadline, signal);
    if (this.#closed) throw new RpcError(Status.UNAVAILABLE, `the client of ${this.#settings.target} was closed`);
    return this.#pick(call) ?? await this.#connectAny(call, deadline, signal);
  }

  /** The same, if one is there: most calls need not wait. */
  pick(call: PickOptions): Subchannel | undefined {
    return this.#closed || this.#watch === undefined ? undefined : this.#pick(call);
  }

  /** One of those that are connected; the others are told to connect meanwhile. */
  #pick(call: PickOptions): Subchannel | undefined {
    const ready: Subchannel[] = [];
    for (const one of this.#subchannels.values()) {
      if (one.connection) ready.push(one);
      else if (one.hopeful) one.connect().catch(() => {});
    }
    if (ready.length === 0) return undefined;
    return ready.length === 1 ? ready[0]! : this.#settings.balancer!.pick(ready, call);
  }

  /** Waits for the first that connects. */
  async #connectAny(call: PickOptions, deadline?: number, signal?: AbortSignal): Promise<Subchannel> {
    const all = [...this.#subchannels.values()];
    try {
      await waitFor(Promise.any(all.map((one) => one.connect())), deadline, signal);
    } catch (error) {
      if (error instanceof RpcError) throw error;
      throw this.#unavailable(all);
    }
    return this.#pick(call) ?? all.find((one) => one.connection) ?? fail(this.#unavailable(all));
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
    this.#settings.policy.close();
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
