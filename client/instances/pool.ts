import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { after } from "../../base/time.ts";
import type { Instance } from "../../registry/registry.ts";
import { Connector } from "./connector.ts";
import { OutlierDetector } from "./outliers/outlier_detector.ts";
import type { PolicyInUse } from "../../policy/client_policy_in_use.ts";
import { takers } from "./selection.ts";
import { Subchannel, type SubchannelSetup } from "./subchannel.ts";

/** What a pool needs to know. */
export interface PoolOptions extends Pick<SubchannelSetup, "transport" | "connectTimeout" | "options" | "authority"> {
  /** What log lines call the service. */
  readonly target: string;
  readonly policy: PolicyInUse;
  readonly logger: Logger;
}

/** How many instances are added in one turn of the event loop. */
const MAX_ADDED_PER_TURN = 1000;
/** How many connections are closed in one turn. */
const MAX_CLOSED_PER_TURN = 200;
/**
 * From so many instances that take calls on, others join them within so many milliseconds: to look at all each time one
 * comes takes long.
 */
const MANY_READY_INSTANCES = 100;
const JOIN_WITHIN_MS = 100;

/** The instances that a client has to do with: it connects to them, and knows which of them take calls. */
export class Pool {
  readonly #policy: PolicyInUse;
  readonly #setup: SubchannelSetup;
  readonly #outliers: OutlierDetector<Subchannel>;
  readonly #connector: Connector;
  readonly #all = new Map<string, Subchannel>();
  /** Those that are gone, while their calls are in flight. */
  readonly #leaving = new Set<Subchannel>();
  /** Those of them whose connections are to be closed. */
  readonly #toClose: Subchannel[] = [];
  #stopClosing: (() => void) | undefined;
  #ready: readonly Subchannel[] = [];
  /** Their weights when they were chosen. */
  #weights: readonly number[] = [];
  /** Whether that may not hold any more. */
  #stale = false;
  /** Whether one that is ready is not among them. */
  #grown = false;
  #refreshedAt = -Infinity;
  /** Keeps the rest of a long list from being added. */
  #stopAdding: (() => void) | undefined;

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
    this.#connector = new Connector({ ready: () => this.#grown = true, idle: stale, calls }, logger);
  }

  /** All of them. */
  get all(): ReadonlyMap<string, Subchannel> {
    return this.#all;
  }

  /** Those that take calls: the same array while it holds. */
  get ready(): readonly Subchannel[] {
    if (this.#stale || this.#grown && this.#mayGrow()) this.#refresh();
    return this.#ready;
  }

  /** The usable instances of other zones, for a retry that has tried all instances of its own zone. */
  otherZones(avoid: ReadonlySet<Subchannel>): Subchannel[] {
    return [...this.#all.values()].filter((one) => isWell(one) && !avoid.has(one));
  }

  /** An ejected instance that the next call should go to, to see whether it is well. */
  probe(avoid: ReadonlySet<Subchannel> | undefined): Subchannel | undefined {
    // Most of the time there is none, and no function is made.
    if (this.#outliers.ejected === 0) return undefined;
    return this.#outliers.probe((one) => isConnected(one) && !one.silent && !avoid?.has(one));
  }

  /**
   * A call needs one and none is ready: resolves when one is, or when none can be reached now; undefined if that is
   * known already.
   */
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
    this.#retire([...this.#all.values()].filter(({ instance: { address } }) => !wanted.has(address)));
    this.#closeSome();
    // Those of the first list were there before the client.
    const warm = this.#all.size === 0;
    const added = new Map<string, Instance>();
    for (const instance of instances) {
      const known = this.#all.get(instance.address);
      if (known) known.instance = instance;
      else added.set(instance.address, instance);
    }
    this.#stopAdding?.();
    this.#add([...added.values()], warm);
    this.#stale = true;
  }

  /** Adds some instances now, and the others in the next turns of the event loop. */
  #add(instances: readonly Instance[], warm: boolean): void {
    const some = instances.slice(0, MAX_ADDED_PER_TURN).map((instance) => new Subchannel(instance, this.#setup, warm));
    for (const one of some) this.#all.set(one.instance.address, one);
    this.#connector.add(...some);
    if (instances.length <= MAX_ADDED_PER_TURN) return;
    const rest = instances.slice(MAX_ADDED_PER_TURN);
    this.#stopAdding = outsideScopes(() => after(0, () => this.#add(rest, warm)));
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
    this.#stopAdding?.();
    this.#stopClosing?.();
    this.#retire([...this.#all.values()]);
    const leaving = [...this.#leaving];
    const stop = after(drained, () => leaving.forEach((one) => this.#close(one, true)));
    await Promise.all(leaving.map((one) => one.close())).finally(stop);
  }

  #retire(gone: readonly Subchannel[]): void {
    if (gone.length === 0) return;
    this.#stale = true;
    this.#outliers.remove(gone.map(({ suspect }) => suspect));
    for (const one of gone) {
      this.#all.delete(one.instance.address);
      this.#connector.remove(one);
      if (!one.retire()) continue;
      this.#leaving.add(one);
      this.#toClose.push(one);
    }
  }

  /** Closes the connections of some that are gone now, and those of the others in the next turns of the event loop. */
  #closeSome(): void {
    this.#stopClosing?.();
    for (const one of this.#toClose.splice(0, MAX_CLOSED_PER_TURN)) this.#close(one);
    if (this.#toClose.length > 0) this.#stopClosing = outsideScopes(() => after(0, () => this.#closeSome()));
  }

  #close(one: Subchannel, force?: boolean): void {
    const what = `the end of the connection to ${one.instance.address}`;
    inBackground(what, this.#setup.options.logger, () => one.close(force).finally(() => this.#leaving.delete(one)));
  }

  #mayGrow(): boolean {
    return this.#ready.length < MANY_READY_INSTANCES || performance.now() - this.#refreshedAt >= JOIN_WITHIN_MS;
  }

  #refresh(): void {
    this.#stale = this.#grown = false;
    this.#refreshedAt = performance.now();
    this.#connector.wake();
    const all = [...this.#all.values()];
    const { zone } = this.#policy.service;
    let chosen = takers(all, isWell, zone);
    // Better one that fails often, or is silent, than none.
    if (chosen.size === 0) chosen = takers(all, isConnected, zone);
    for (const [one, share] of chosen) one.share = share;
    const ready = [...chosen.keys()];
    const weights = ready.map((one) => one.fullWeight);
    const same = ready.length === this.#ready.length &&
      ready.every((one, at) => one === this.#ready[at] && weights[at] === this.#weights[at]);
    if (same) return;
    this.#ready = ready;
    this.#weights = weights;
  }
}

const isConnected = (one: Subchannel) => one.connection !== undefined;
const isWell = (one: Subchannel) => isConnected(one) && !one.silent && one.suspect.until === undefined;
