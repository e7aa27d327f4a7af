import { RpcError } from "../../rpc/error.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { Status } from "../../rpc/status.ts";
import { timeOfDay } from "../../base/time.ts";
import type { Instance, Resolution, Watch } from "../../registry/registry.ts";
import { chooseTransport, type TransportChoice } from "../../transport/choose.ts";
import type { Transport } from "../../transport/transport.ts";
import type { Balancer, CallToBalance } from "../balancing/balancer.ts";
import { balancerOf, ownBalancer } from "../balancing/balancer_of.ts";
import { random } from "../balancing/random.ts";
import { type ClientState, stateOf } from "../client_state.ts";
import { waitFor } from "./wait.ts";
import type { ClientSettings } from "../options.ts";
import { Pool } from "./pool.ts";
import { select } from "./selection.ts";
import type { Subchannel } from "./subchannel.ts";

/** What a call asks of the choice of its instance. */
export interface PickOptions extends CallToBalance {
  /** Instances that it has tried: another is taken if there is one. */
  readonly avoid?: ReadonlySet<Subchannel>;
}

/** How often the balancer is asked again for one that is not to be avoided, before it is shown the others only. */
const MAX_REDRAWS = 2;
/** A subset of which no instance can be reached is left for another, but not more often than once in so many milliseconds. */
const MIN_SUBSET_CHANGE_MS = 1000;
/** How many addresses an error names. */
const MAX_NAMED_ADDRESSES = 5;

const subsetNumber = () => Math.floor(Math.random() * 2 ** 32);

/** The way from a service's name to an instance with a connection: resolver, pool, balancer. Nothing happens before the first call. */
export class Channel {
  readonly #settings: ClientSettings;
  readonly #pool: Pool;
  readonly #first = Promise.withResolvers<void>();
  /** By it the subsets of clients differ. */
  #number = subsetNumber();
  #subsetAt = -Infinity;
  readonly #random: Balancer = random();
  #balancer: Balancer;
  #balancerName: string;
  #transport: Promise<Transport> | undefined;
  #watch: Watch | undefined;
  #listed: readonly Instance[] | undefined;
  #listedAt: number | undefined;
  #resolveError: Error | undefined;
  /** What the resolver, or the policy's choice, says of an empty list. */
  #whyNone: string | undefined;
  #closed = false;

  constructor(settings: ClientSettings, transport: TransportChoice | undefined) {
    this.#settings = settings;
    const { connectTimeout, authority, tls, limits, compression, logger, policy, target, balancer } = settings;
    this.#pool = new Pool({
      target,
      policy,
      logger,
      transport: () => this.#transport ??= chooseTransport("createClient", transport),
      connectTimeout,
      authority,
      options: { tls, limits, compression, logger, pace: { factor: 1 } },
    });
    this.#balancerName = balancer ? "custom" : policy.service.balancer;
    this.#balancer = balancer ? ownBalancer(balancer) : balancerOf(policy.service.balancer);
    policy.onChange(() => this.#policyChanged());
  }

  /**
   * The instance for the next call or attempt: it has a connection.
   *
   * @throws {RpcError} UNAVAILABLE if there is none, naming the service and the last error; DEADLINE_EXCEEDED or CANCELLED if that comes first.
   */
  async wait(call: PickOptions, lateAt?: number, signal?: AbortSignal): Promise<Subchannel> {
    this.#open();
    const { target } = this.#settings;
    if (this.#pool.all.size === 0) {
      await waitFor(this.#first.promise, `the registry told the instances of ${target}`, lateAt, signal);
    }
    for (;;) {
      this.#checkOpen();
      const ready = this.pick(call);
      if (ready) return ready;
      const attempts = this.#pool.needed();
      if (attempts) await waitFor(attempts, `there was a connection to ${target}`, lateAt, signal);
      else if (!this.#takeOthers()) throw this.#unavailable();
    }
  }

  /** The same, if one is there: most calls need not wait. */
  pick(call: PickOptions): Subchannel | undefined {
    const { ready } = this.#pool;
    if (ready.length === 0) return undefined;
    const { avoid } = call;
    const probed = this.#pool.probe(avoid);
    if (probed) return probed;
    const balancer = avoid?.size ? this.#forRetries : this.#balancer;
    const one = ready.length === 1 ? ready[0]! : balancer.pick(ready, call);
    return avoid?.has(one) ? this.#pickOther(ready, avoid, call) ?? one : one;
  }

  /** Retries take no turn: where one instance fails, they would take the turns of the others, and all first attempts would meet the one. */
  get #forRetries(): Balancer {
    return this.#balancerName === "weighted_round_robin" ? this.#random : this.#balancer;
  }

  #pickOther(
    ready: readonly Subchannel[],
    avoid: ReadonlySet<Subchannel>,
    call: PickOptions,
  ): Subchannel | undefined {
    // To be shown another array would cost the balancer what it keeps of this one.
    for (let i = 0; i < MAX_REDRAWS && ready.length > 1; i++) {
      const one = this.#forRetries.pick(ready, call);
      if (!avoid.has(one)) return one;
    }
    let others = ready.filter((one) => !avoid.has(one));
    if (others.length === 0) others = this.#pool.abroad(avoid);
    return others.length === 0 ? undefined : this.#forRetries.pick(others, call);
  }

  #checkOpen(): void {
    if (this.#closed) throw new RpcError(Status.UNAVAILABLE, `the client of ${this.#settings.target} was closed`);
  }

  #open(): void {
    this.#checkOpen();
    if (this.#watch !== undefined) return;
    const { resolver, target, logger, policy } = this.#settings;
    // The first call begins what outlives it.
    outsideScopes(() => {
      policy.open();
      this.#watch = resolver.watch(target, (resolution) => this.#resolved(resolution), logger);
    });
  }

  #unavailable(): RpcError {
    const { target, authority } = this.#settings;
    const tried = [...this.#pool.all.values()];
    if (tried.length === 0) {
      const why = this.#resolveError?.message ?? this.#whyNone;
      const text = `no instance of ${target} is known${why === undefined ? "" : `: ${why}`}`;
      return new RpcError(Status.UNAVAILABLE, text, { cause: this.#resolveError });
    }
    const last = tried.reduce((last, one) => one.failedAt > last.failedAt ? one : last);
    const more = tried.length > MAX_NAMED_ADDRESSES ? ` and ${tried.length - MAX_NAMED_ADDRESSES} more` : "";
    const where = tried.slice(0, MAX_NAMED_ADDRESSES).map(({ instance }) => instance.address).join(", ") + more;
    const kept = this.#watch?.state?.kept;
    const old = kept ? `; the list is an old one: ${kept.why}` : "";
    const why = last.lastError?.message ?? `${last.instance.address} was lost`;
    const to = authority !== undefined ? ` to ${target} (${where})` : tried.length > 1 ? ` to ${where}` : "";
    const text = `no connection${to}: ${why}${old}`;
    return new RpcError(Status.UNAVAILABLE, text, { cause: last.lastError });
  }

  #resolved(resolution: Resolution): void {
    if ("error" in resolution) this.#resolveError = resolution.error;
    else {
      this.#resolveError = undefined;
      this.#listed = resolution.instances;
      this.#listedAt = timeOfDay();
      this.#select(resolution.why);
      this.#pool.forgive();
    }
    this.#first.resolve();
  }

  #select(whyNone: string | undefined): void {
    const { instances, why } = select(this.#listed!, this.#settings.policy.service, this.#number);
    this.#whyNone = why ?? whyNone;
    this.#pool.update(instances);
  }

  /** Has to do with another subset, if there is one: those of this one can't be reached. */
  #takeOthers(): boolean {
    const { size } = this.#pool.all;
    const now = performance.now();
    if (size < this.#settings.policy.service.subset || this.#listed!.length === size) return false;
    if (now - this.#subsetAt < MIN_SUBSET_CHANGE_MS) return false;
    this.#subsetAt = now;
    this.#number = subsetNumber();
    this.#select(this.#whyNone);
    return true;
  }

  #policyChanged(): void {
    const { policy, balancer } = this.#settings;
    const name = policy.service.balancer;
    if (!balancer && name !== this.#balancerName) {
      this.#balancer = balancerOf(name);
      this.#balancerName = name;
    }
    this.#pool.policyChanged();
    if (this.#listed) this.#select(this.#whyNone);
  }

  /** What it knows now. */
  state(): ClientState {
    const { target } = this.#settings;
    return {
      service: target,
      balancer: this.#balancerName,
      instances: Array.from(this.#pool.all.values(), (one) => stateOf(one, this.#pool.connecting(one))),
      discovery: {
        listed: this.#listed?.length,
        changed: this.#listedAt,
        lastError: this.#resolveError?.message,
        watch: this.#watch?.state,
      },
    };
  }

  /** Ends the watch, then the connections once their calls have ended; those that last longer than `drainTimeout` are cancelled. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    this.#settings.policy.close();
    this.#first.resolve();
    await this.#pool.close(this.#settings.drainTimeout);
  }
}
