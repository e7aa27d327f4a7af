import { inBackground } from "../rpc/background.ts";
import type { Logger } from "../rpc/logger.ts";
import { after } from "../rpc/time.ts";
import type { Instance } from "../registry/registry.ts";
import { Connector } from "./connector.ts";
import { OutlierDetector } from "./outliers.ts";
import type { PolicyInUse } from "./policy_in_use.ts";
import { takers } from "./selection.ts";
import { Subchannel, type SubchannelSetup } from "./subchannel.ts";

/** What a pool needs to know. */
export interface PoolOptions extends Pick<SubchannelSetup, "transport" | "connectTimeout" | "options" | "authority"> {
  /** What log lines call the service. */
  readonly target: string;
  readonly policy: PolicyInUse;
  readonly logger: Logger;
}

/** The instances that a client has to do with: it connects to them, and knows which of them take calls. */
export class Pool {
  readonly #policy: PolicyInUse;
  readonly #setup: SubchannelSetup;
  readonly #outliers: OutlierDetector<Subchannel>;
  readonly #connector: Connector;
  readonly #all = new Map<string, Subchannel>();
  /** Those that are gone, while their calls are in flight. */
  readonly #leaving = new Set<Subchannel>();
  #ready: readonly Subchannel[] = [];
  /** Their weights when they were chosen. */
  #weights: readonly number[] = [];
  /** Whether that may not hold any more. */
  #stale = false;

  constructor({ target, policy, logger, ...setup }: PoolOptions) {
    const stale = () => this.#stale = true;
    this.#policy = policy;
    this.#outliers = new OutlierDetector(policy.service.outliers, {
      ejected: ({ instance: { address } }, why, milliseconds) => {
        stale();
        logger.warn("an instance gets no calls for a while", { service: target, address, why, milliseconds });
      },
      back: (one) => {
        stale();
        one.startSlowly();
        logger.warn("an instance gets calls again", { service: target, address: one.instance.address });
      },
    });
    this.#setup = {
      ...setup,
      outliers: this.#outliers,
      slowStart: () => policy.service.slowStart,
      onSilence: ({ instance: { address }, silent }) => {
        stale();
        logger.warn(silent ? "an instance is silent and gets no new calls" : "an instance speaks again", {
          service: target,
          address,
        });
      },
      onLost: (one) => {
        stale();
        this.#connector.add(one);
      },
    };
    const calls = () => [...this.#all.values()].reduce((sum, { calls }) => sum + calls, 0);
    this.#connector = new Connector({ ready: stale, idle: stale, calls }, logger);
  }

  /** All of them. */
  get all(): ReadonlyMap<string, Subchannel> {
    return this.#all;
  }

  /** Those that take calls: the same array while it holds. */
  get ready(): readonly Subchannel[] {
    if (this.#stale) this.#refresh();
    return this.#ready;
  }

  /** Those that could take a call but get none, as they are of other zones: for a retry, when all of the own have been tried. */
  abroad(avoid: ReadonlySet<Subchannel>): Subchannel[] {
    return [...this.#all.values()].filter((one) => isWell(one) && !avoid.has(one));
  }

  /** An ejected instance that the next call should go to, to see whether it is well. */
  probe(avoid: ReadonlySet<Subchannel> | undefined): Subchannel | undefined {
    // Most of the time there is none, and no function is made.
    if (this.#outliers.ejected === 0) return undefined;
    return this.#outliers.probe((one) => isConnected(one) && !one.silent && !avoid?.has(one));
  }

  /** A call needs one and none is ready: resolves when one is, or when none can be reached now; undefined if that is known already. */
  needed(): Promise<void> | undefined {
    return this.#connector.needed();
  }

  /** Whether one is being connected to. */
  connecting(one: Subchannel): boolean {
    return this.#connector.connecting(one);
  }

  /** Has to do with these and no others from now on. */
  update(instances: readonly Instance[]): void {
    const wanted = new Set(instances.map(({ address }) => address));
    for (const [address, one] of this.#all) if (!wanted.has(address)) this.#drop(address, one);
    // Those of the first list were there before the client.
    const warm = this.#all.size === 0;
    for (const instance of instances) {
      const known = this.#all.get(instance.address);
      if (known) known.instance = instance;
      else {
        const one = new Subchannel(instance, this.#setup, warm);
        this.#all.set(instance.address, one);
        this.#connector.add(one);
      }
    }
    this.#stale = true;
  }

  /** The registry has news: those that could not be reached are asked again soon. */
  forgive(): void {
    this.#connector.forgive();
  }

  /** Goes by the policy that holds now. */
  policyChanged(): void {
    this.#outliers.change(this.#policy.service.outliers);
    this.#stale = true;
  }

  /** Takes no more calls and waits for those in flight; those that last longer than `drained` are cancelled. */
  async close(drained: number): Promise<void> {
    this.#connector.close();
    for (const [address, one] of this.#all) this.#drop(address, one);
    const leaving = [...this.#leaving];
    const stop = after(drained, () => leaving.forEach((one) => this.#leave(one, true)));
    await Promise.all(leaving.map((one) => one.close())).finally(stop);
  }

  #drop(address: string, one: Subchannel): void {
    this.#stale = true;
    this.#all.delete(address);
    this.#connector.remove(one);
    this.#outliers.remove(one.suspect);
    this.#leaving.add(one);
    this.#leave(one);
  }

  #leave(one: Subchannel, force?: boolean): void {
    const what = `the end of the connection to ${one.instance.address}`;
    inBackground(what, this.#setup.options.logger, () => one.close(force).finally(() => this.#leaving.delete(one)));
  }

  #refresh(): void {
    this.#stale = false;
    this.#connector.wake();
    const all = [...this.#all.values()];
    const { zone } = this.#policy.service;
    let chosen = takers(all, isWell, zone);
    // Better one that fails often, or is silent, than none.
    if (chosen.size === 0) chosen = takers(all, isConnected, zone);
    for (const [one, share] of chosen) one.share = share;
    const ready = [...chosen.keys()];
    const weights = ready.map((one) => one.instance.weight * one.share);
    const same = ready.length === this.#ready.length &&
      ready.every((one, at) => one === this.#ready[at] && weights[at] === this.#weights[at]);
    if (same) return;
    this.#ready = ready;
    this.#weights = weights;
  }
}

const isConnected = (one: Subchannel) => one.connection !== undefined;
const isWell = (one: Subchannel) => isConnected(one) && !one.silent && one.suspect.until === undefined;
