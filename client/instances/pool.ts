import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { after } from "../../base/time.ts";
import type { PolicyInUse } from "../../policy/client_policy_in_use.ts";
import type { Instance } from "../../registry/registry.ts";
import { Connector } from "./connector.ts";
import type { DialSettings } from "./dial.ts";
import { OutlierDetector } from "./outliers/outlier_detector.ts";
import { takers } from "./selection.ts";
import { Subchannel, type SubchannelSetup } from "./subchannel.ts";

/** The options of a pool. */
export interface PoolOptions extends DialSettings {
  /** The name of the service in log lines. */
  readonly target: string;
  readonly policy: PolicyInUse;
  readonly logger: Logger;
}

/** How many instances are added in one turn of the event loop. */
const MAX_ADDED_PER_TURN = 1000;
/** How many connections are closed in one turn of the event loop. */
const MAX_CLOSED_PER_TURN = 200;
/** From this number of ready instances on, new ones are added in batches, because a refresh visits all instances. */
const MANY_READY_INSTANCES = 100;
/** The longest wait of such a batch. */
const JOIN_WITHIN_MS = 100;

/** The instances that a client uses. The pool connects to them, and knows which of them take calls. */
export class Pool {
  readonly #policy: PolicyInUse;
  readonly #setup: SubchannelSetup;
  readonly #outliers: OutlierDetector<Subchannel>;
  readonly #connector: Connector;
  /** By address. */
  readonly #all = new Map<string, Subchannel>();
  /** Instances that have left the list, while their last calls are in flight. */
  readonly #leaving = new Set<Subchannel>();
  /** The retired instances that are still to be closed. */
  readonly #toClose: Subchannel[] = [];
  #stopClosing: (() => void) | undefined;
  #ready: readonly Subchannel[] = [];
  /** The weights of the ready instances when they were chosen. */
  #weights: readonly number[] = [];
  /** Whether `#ready` may be out of date. */
  #stale = false;
  /** Whether an instance has become ready that is not in `#ready`. */
  #grown = false;
  #refreshedAt = -Infinity;
  /** Cancels the addition of the rest of a long list. */
  #stopAdding: (() => void) | undefined;

  constructor({ target, policy, logger, ...setup }: PoolOptions) {
    const stale = () => this.#stale = true;
    this.#policy = policy;
    this.#outliers = new OutlierDetector(policy.service.outliers, {
      ejected: ({ instance: { address } }, why, milliseconds) => {
        stale();
        logger.warn("an instance gets no calls for a while", { service: target, address, why, milliseconds });
      },
      back: (subchannel) => {
        stale();
        subchannel.startSlowly();
        logger.warn("an instance gets calls again", { service: target, address: subchannel.instance.address });
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
      onLost: (subchannel) => {
        stale();
        this.#connector.add(subchannel);
      },
    };
    const calls = () => [...this.#all.values()].reduce((sum, { calls }) => sum + calls, 0);
    this.#connector = new Connector({ ready: () => this.#grown = true, idle: stale, calls }, logger);
  }

  /** All instances, by address. */
  get all(): ReadonlyMap<string, Subchannel> {
    return this.#all;
  }

  /** The instances that take calls. It is the same array until an instance comes or goes or gets another weight. */
  get ready(): readonly Subchannel[] {
    if (this.#stale || this.#grown && this.#mayGrow()) this.#refresh();
    return this.#ready;
  }

  /** The usable instances of other zones, for a retry that has tried all instances of its own zone. */
  otherZones(avoid: ReadonlySet<Subchannel>): Subchannel[] {
    return [...this.#all.values()].filter((subchannel) => isUsable(subchannel) && !avoid.has(subchannel));
  }

  /** An ejected instance that the next call should probe. */
  probe(avoid: ReadonlySet<Subchannel> | undefined): Subchannel | undefined {
    // The hot path makes no closure: most of the time no instance is ejected.
    if (this.#outliers.ejected === 0) return undefined;
    return this.#outliers.probe((subchannel) =>
      isConnected(subchannel) && !subchannel.silent && !avoid?.has(subchannel)
    );
  }

  /**
   * Searches for an instance for a call while none is ready.
   *
   * @returns Resolves when an instance is ready, or when none can be reached now; undefined if it is already known that
   * none can be reached.
   */
  search(): Promise<void> | undefined {
    return this.#connector.search();
  }

  /** Whether an attempt to connect to an instance is under way. */
  connecting(subchannel: Subchannel): boolean {
    return this.#connector.connecting(subchannel);
  }

  /** Replaces the list of instances. Those that are in both lists keep their connections. */
  update(instances: readonly Instance[]): void {
    const listed = new Set(instances.map(({ address }) => address));
    this.#retire([...this.#all.values()].filter(({ instance: { address } }) => !listed.has(address)));
    this.#closeSome();
    // The instances of the first list started before the client.
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

  /** Adds a part of the instances now, and the others in the next turns of the event loop. */
  #add(instances: readonly Instance[], warm: boolean): void {
    const added = instances.slice(0, MAX_ADDED_PER_TURN)
      .map((instance) => new Subchannel(instance, this.#setup, warm));
    for (const subchannel of added) this.#all.set(subchannel.instance.address, subchannel);
    this.#connector.add(...added);
    if (instances.length <= MAX_ADDED_PER_TURN) return;
    const rest = instances.slice(MAX_ADDED_PER_TURN);
    this.#stopAdding = outsideScopes(() => after(0, () => this.#add(rest, warm)));
  }

  /** Ends all backoffs: the registry has confirmed the instances. */
  forgive(): void {
    this.#connector.forgive();
  }

  /** Applies the policy that has just changed. */
  policyChanged(): void {
    this.#outliers.change(this.#policy.service.outliers);
    this.#stale = true;
  }

  /** Takes no more calls, and waits for those in flight. Calls that last longer than `drainTimeout` are cancelled. */
  async close(drainTimeout: number): Promise<void> {
    this.#connector.close();
    this.#stopAdding?.();
    this.#stopClosing?.();
    this.#retire([...this.#all.values()]);
    const leaving = [...this.#leaving];
    const stopTimer = after(drainTimeout, () => leaving.forEach((subchannel) => this.#close(subchannel, true)));
    await Promise.all(leaving.map((subchannel) => subchannel.close())).finally(stopTimer);
  }

  #retire(subchannels: readonly Subchannel[]): void {
    if (subchannels.length === 0) return;
    this.#stale = true;
    this.#outliers.remove(subchannels.map(({ suspect }) => suspect));
    for (const subchannel of subchannels) {
      this.#all.delete(subchannel.instance.address);
      this.#connector.remove(subchannel);
      if (!subchannel.retire()) continue;
      this.#leaving.add(subchannel);
      this.#toClose.push(subchannel);
    }
  }

  /** Closes a part of the retired connections now, and the others in the next turns of the event loop. */
  #closeSome(): void {
    this.#stopClosing?.();
    for (const subchannel of this.#toClose.splice(0, MAX_CLOSED_PER_TURN)) this.#close(subchannel);
    if (this.#toClose.length > 0) this.#stopClosing = outsideScopes(() => after(0, () => this.#closeSome()));
  }

  #close(subchannel: Subchannel, force?: boolean): void {
    const task = `the end of the connection to ${subchannel.instance.address}`;
    const end = () => subchannel.close(force).finally(() => this.#leaving.delete(subchannel));
    inBackground(task, this.#setup.options.logger, end);
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
    let chosen = takers(all, isUsable, zone);
    // An instance that fails often, or is silent, is better than none.
    if (chosen.size === 0) chosen = takers(all, isConnected, zone);
    for (const [subchannel, share] of chosen) subchannel.share = share;
    const ready = [...chosen.keys()];
    const weights = ready.map(({ fullWeight }) => fullWeight);
    const same = ready.length === this.#ready.length &&
      ready.every((subchannel, index) => subchannel === this.#ready[index] && weights[index] === this.#weights[index]);
    if (same) return;
    this.#ready = ready;
    this.#weights = weights;
  }
}

const isConnected = (subchannel: Subchannel) => subchannel.connection !== undefined;
const isUsable = (subchannel: Subchannel) =>
  isConnected(subchannel) && !subchannel.silent && subchannel.suspect.until === undefined;
