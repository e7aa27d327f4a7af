import { RpcError } from "../../rpc/error.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { Status } from "../../rpc/status.ts";
import { timeOfDay } from "../../base/time.ts";
import type { Instance, Resolution, Watch } from "../../registry/registry.ts";
import { chooseTransport, type TransportName } from "../../transport/choose.ts";
import type { ClientTransport } from "../../transport/transport.ts";
import type { BalancerInUse, CallToBalance } from "../balancing/balancer.ts";
import { balancerOf, customBalancer } from "../balancing/balancer_of.ts";
import { random } from "../balancing/random.ts";
import type { ChannelSettings } from "./channel_settings.ts";
import { Pool } from "./pool.ts";
import { select } from "./selection.ts";
import { type ClientState, stateOf } from "./state.ts";
import type { Subchannel } from "./subchannel.ts";
import { noConnection, noInstance } from "./unavailable.ts";
import { waitFor } from "./wait.ts";

/** The requirements of a call on its instance. */
export interface PickOptions extends CallToBalance {
  /** The instances that the call has tried. Another one is picked if there is one. */
  readonly avoid?: ReadonlySet<Subchannel>;
}

/** How often the balancer picks again if its pick is to be avoided, before it gets only the other instances. */
const MAX_REDRAWS = 2;
/** A subset of which no instance can be reached is replaced by another one at most this often. */
const MIN_SUBSET_CHANGE_INTERVAL_MS = 1000;

const randomSeed = () => Math.floor(Math.random() * 2 ** 32);

/** Finds a connected instance for each call: resolver, pool, balancer. Nothing happens before the first call. */
export class Channel {
  readonly #settings: ChannelSettings;
  readonly #pool: Pool;
  /** Resolves with the registry's first answer or error, or when the client is closed. */
  readonly #firstAnswer = Promise.withResolvers<void>();
  /** Decides which instances the client's subset holds. Each client has its own. */
  #subsetSeed = randomSeed();
  #subsetAt = -Infinity;
  readonly #random: BalancerInUse = random();
  #balancer: BalancerInUse;
  #balancerName: string;
  #transport: Promise<ClientTransport> | undefined;
  #watch: Watch | undefined;
  #listed: readonly Instance[] | undefined;
  #listedAt: number | undefined;
  #resolveError: Error | undefined;
  /** Why no instance is selected, in the words of the resolver or the policy. */
  #whyNone: string | undefined;
  #closed = false;

  constructor(settings: ChannelSettings, transport: ClientTransport | TransportName | undefined) {
    this.#settings = settings;
    const { connectTimeout, authority, tls, limits, compression, logger, policy, target, balancer } = settings;
    this.#pool = new Pool({
      target,
      policy,
      logger,
      transport: () => this.#transport ??= chooseTransport(transport),
      connectTimeout,
      authority,
      options: { tls, limits, compression, logger, pace: { factor: 1 } },
    });
    this.#balancerName = balancer ? "custom" : policy.service.balancer;
    this.#balancer = balancer ? customBalancer(balancer) : balancerOf(policy.service.balancer);
    policy.onChange(() => this.#policyChanged());
  }

  /** Whether the balancer reads latencies: every call is timed then. */
  get usesLatency(): boolean {
    return this.#balancer.usesLatency === true;
  }

  /**
   * Waits for an instance that has a connection.
   *
   * @throws {RpcError} UNAVAILABLE if there is none, naming the service and the last error; DEADLINE_EXCEEDED or
   * CANCELLED if that comes first.
   */
  async wait(call: PickOptions, lateAt?: number, signal?: AbortSignal): Promise<Subchannel> {
    this.#startWatching();
    const { target } = this.#settings;
    if (this.#pool.all.size === 0) {
      await waitFor(this.#firstAnswer.promise, `the registry returned the instances of ${target}`, lateAt, signal);
    }
    for (;;) {
      this.#throwIfClosed();
      const picked = this.pick(call);
      if (picked) return picked;
      const connecting = this.#pool.search();
      if (connecting) await waitFor(connecting, `there was a connection to ${target}`, lateAt, signal);
      else if (!this.#changeSubset()) throw this.#unavailable();
    }
  }

  /**
   * An instance that has a connection; undefined if the call has to {@linkcode wait}. May offer the call as the probe
   * of an ejected instance.
   */
  pick(call: PickOptions): Subchannel | undefined {
    const { ready } = this.#pool;
    if (ready.length === 0) return undefined;
    const { avoid } = call;
    const probe = this.#pool.probe(avoid);
    if (probe) return probe;
    const balancer = avoid?.size ? this.#retryBalancer : this.#balancer;
    const picked = ready.length === 1 ? ready[0]! : balancer.pick(ready, call);
    return avoid?.has(picked) ? this.#pickOther(ready, avoid, call) ?? picked : picked;
  }

  /**
   * Retries bypass the round robin. Otherwise the retries of one failing instance would use up the turns of the healthy
   * ones.
   */
  get #retryBalancer(): BalancerInUse {
    return this.#balancer.takesTurns ? this.#random : this.#balancer;
  }

  #pickOther(
    ready: readonly Subchannel[],
    avoid: ReadonlySet<Subchannel>,
    call: PickOptions,
  ): Subchannel | undefined {
    // First from the same array: for another one, the balancer would drop what it keeps (see Balancer.pick).
    for (let draws = 0; draws < MAX_REDRAWS && ready.length > 1; draws++) {
      const picked = this.#retryBalancer.pick(ready, call);
      if (!avoid.has(picked)) return picked;
    }
    let untried = ready.filter((subchannel) => !avoid.has(subchannel));
    if (untried.length === 0) untried = this.#pool.otherZones(avoid);
    return untried.length === 0 ? undefined : this.#retryBalancer.pick(untried, call);
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new RpcError(Status.UNAVAILABLE, "the client was closed");
  }

  #startWatching(): void {
    this.#throwIfClosed();
    if (this.#watch !== undefined) return;
    const { resolver, target, logger, policy } = this.#settings;
    // The watch outlives the first call, so it must not keep that call's scope.
    outsideScopes(() => {
      policy.open();
      this.#watch = resolver.watch(target, (resolution) => this.#resolved(resolution), logger);
    });
  }

  #unavailable(): RpcError {
    const tried = [...this.#pool.all.values()];
    if (tried.length > 0) return noConnection(this.#settings, tried, this.#watch?.state?.kept?.why);
    const reason = this.#resolveError?.message ?? this.#whyNone;
    return noInstance(this.#settings.target, reason, this.#resolveError);
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
    this.#firstAnswer.resolve();
  }

  #select(whyNone: string | undefined): void {
    const { instances, why } = select(this.#listed!, this.#settings.policy.service, this.#subsetSeed);
    this.#whyNone = why ?? whyNone;
    this.#pool.update(instances);
  }

  /**
   * Selects another subset, as no instance of this one can be reached.
   *
   * @returns Whether there is another one.
   */
  #changeSubset(): boolean {
    const { size } = this.#pool.all;
    const now = performance.now();
    if (size < this.#settings.policy.service.subset || this.#listed!.length === size) return false;
    if (now - this.#subsetAt < MIN_SUBSET_CHANGE_INTERVAL_MS) return false;
    this.#subsetAt = now;
    this.#subsetSeed = randomSeed();
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

  /** The state at this moment. */
  state(): ClientState {
    const instances = Array.from(
      this.#pool.all.values(),
      (subchannel) => stateOf(subchannel, this.#pool.connecting(subchannel)),
    );
    return {
      service: this.#settings.target,
      balancer: this.#balancerName,
      instances,
      discovery: {
        listed: this.#listed?.length,
        changed: this.#listedAt,
        lastError: this.#resolveError?.message,
        watch: this.#watch?.state,
      },
    };
  }

  /**
   * Ends the watch, then the connections once their calls have ended. Calls that last longer than `drainTimeout` are
   * cancelled.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    this.#settings.policy.close();
    this.#firstAnswer.resolve();
    await this.#pool.close(this.#settings.drainTimeout);
  }
}
