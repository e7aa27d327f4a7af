import { fileURLToPath } from "node:url";
import { backoff, sleep } from "../../registry/backoff.ts";
import { type Address, formatAddress, parseAddress } from "../../base/address.ts";
import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { every } from "../../base/time.ts";
import type { Listener, ServerTls, ServerTransport } from "../../transport/transport.ts";
import { addHits, type LimitHits, type LimitName } from "../limit_hits.ts";
import type { Workers } from "../options.ts";
import { HEARTBEAT_MS } from "./messages.ts";
import { WorkerThread } from "./thread.ts";

/** The longest wait before a worker is replaced, in milliseconds. */
const MAX_RESTART_DELAY_MS = 30_000;
/** The least and the most that a worker may take to start, in milliseconds. */
const SHORTEST_START_MS = 10_000;
const LONGEST_START_MS = 60_000;
/** A worker that served so long was in order when it began, in milliseconds. */
const HEALTHY_AFTER_MS = 10_000;
/** Deno can't end a thread that never comes back to its event loop: denoland/deno#35657. */
const STANDS_STILL = "its event loop stands still, in a handler that never waits; only the end of the process ends it";
/** How long a worker may take to cut its calls, in milliseconds. */
const CANCEL_TIMEOUT_MS = 1000;

/** What a pool works with. */
export interface PoolSetup {
  readonly name: string;
  readonly workers: Workers;
  readonly address: Address;
  readonly tls?: ServerTls;
  readonly logger: Logger;
}

/** What listens with workers in place of this thread. */
export function workerTransport(name: string, workers: Workers): ServerTransport {
  return {
    name: "http2",
    permissions: programPermissions(),
    listen: ({ address, tls, logger }) => WorkerPool.start({ name, workers, address, tls, logger }),
  };
}

/**
 * Each worker loads the program again, which takes permission to read it: the main module's folder and the kit's, as
 * far as they are here. Where files are granted one by one, the main module is asked for; a worker says which one it
 * lacks.
 */
function programPermissions(): Deno.PermissionDescriptor[] {
  if (Deno.mainModule === undefined) {
    throw new TypeError("createServer: this is a worker already; workers are for a server of the main thread");
  }
  const main = readable(Deno.mainModule) ? Deno.mainModule : new URL(".", Deno.mainModule).href;
  // In a bundle the main module is the kit too.
  const kit = import.meta.url === Deno.mainModule ? main : new URL("../..", import.meta.url).href;
  const needed = main.startsWith(kit) ? [kit] : [main, kit];
  return needed.filter((url) => url.startsWith("file:")).map((url) => ({ name: "read", path: fileURLToPath(url) }));
}

const readable = (url: string) =>
  url.startsWith("file:") && Deno.permissions.querySync({ name: "read", path: fileURLToPath(url) }).state === "granted";

/**
 * Workers share their port with whoever else asks to share it, such as another process of the same program: that is
 * found out before.
 *
 * @throws {Deno.errors.AddrInUse} If something listens there.
 */
function checkFree(address: Address): void {
  if (address.kind === "tcp" && address.port > 0) Deno.listen({ hostname: address.host, port: address.port }).close();
}

/** Workers that share a port, as one listener. Each runs the main module; one that ends is replaced. */
export class WorkerPool implements Listener {
  readonly #setup: PoolSetup;
  /**
   * How long a worker may take to start, in pulses: ten times as long as the main thread has, which may have had the
   * cores for itself.
   */
  readonly #patience = Math.ceil(
    Math.min(Math.max(10 * performance.now(), SHORTEST_START_MS), LONGEST_START_MS) / HEARTBEAT_MS,
  );
  readonly #threads = new Set<WorkerThread>();
  readonly #leaving = new AbortController();
  /** Of workers that have ended. */
  readonly #formerHits = new Map<LimitName, number>();
  #address: Address;
  #tls: ServerTls | undefined;
  readonly #stopTicking = every(HEARTBEAT_MS, () => this.#tick());

  private constructor(setup: PoolSetup) {
    this.#setup = setup;
    this.#address = setup.address;
    this.#tls = setup.tls;
  }

  /**
   * Starts the workers: resolves once all serve.
   *
   * @throws {Deno.errors.AddrInUse} If another process listens there, with workers or without.
   * @throws {WorkerFailure} If the program of one of them fails, or does not come to its server.
   * @throws {Error} What one of them failed with.
   */
  static async start(setup: PoolSetup): Promise<WorkerPool> {
    checkFree(setup.address);
    const pool = new WorkerPool(setup);
    try {
      // The first one finds the port, if that is to be a free one.
      pool.#address = await pool.#keep(1);
      await Promise.all(Array.from({ length: setup.workers.count - 1 }, (_, i) => pool.#keep(i + 2)));
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  get address(): Address {
    return this.#address;
  }

  get limitHits(): LimitHits {
    const sum = new Map(this.#formerHits);
    for (const thread of this.#threads) addHits(sum, thread.limitHits);
    return sum;
  }

  setTls(tls: ServerTls): void {
    this.#tls = tls;
    for (const thread of this.#threads) thread.tell({ kind: "tls", tls });
  }

  /**
   * What is wrong with it: a worker whose event loop stands still keeps its part of the connections, and takes no
   * calls. That a worker is overloaded is none as long as another is not: who connects anew may come to that one.
   */
  get trouble(): string | undefined {
    const threads = [...this.#threads];
    const still = threads.filter((thread) => thread.standsStill).map(({ index }) => index);
    if (still.length > 0) return `worker ${still.join(" and ")}: ${STANDS_STILL}`;
    return threads.length > 0 && threads.every((thread) => thread.overloaded)
      ? "all workers are overloaded"
      : undefined;
  }

  leaving(): void {
    for (const thread of this.#threads) thread.tell({ kind: "leaving" });
  }

  async drain(): Promise<void> {
    this.#leaving.abort();
    await this.#stop(false);
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    const stopped = this.#stop(true);
    const late = new AbortController();
    await Promise.race([stopped, sleep(CANCEL_TIMEOUT_MS, late.signal)]);
    late.abort();
    this.#stopTicking();
    const busy = [...this.#threads].map(({ index }) => index);
    for (const thread of this.#threads) thread.terminate();
    await stopped;
    if (busy.length > 0) throw new Error(`worker ${busy.join(" and ")} did not stop: ${STANDS_STILL}`);
  }

  #tick(): void {
    for (const thread of this.#threads) {
      const before = thread.standsStill;
      thread.tick();
      if (thread.standsStill && !before) {
        this.#setup.logger.error(STANDS_STILL, { service: this.#setup.name, worker: thread.index });
      }
    }
  }

  async #stop(force: boolean): Promise<void> {
    for (const thread of this.#threads) thread.stop(force);
    await Promise.all([...this.#threads].map((thread) => thread.ended));
  }

  /** Sees to it that there is a worker of this number, from now on. Resolves once there is. */
  async #keep(index: number): Promise<Address> {
    const first = this.#spawn(index);
    const address = parseAddress(await first.serving, "worker");
    inBackground("the replacement of workers", this.#setup.logger, () => this.#replace(index, first));
    return address;
  }

  async #replace(index: number, thread: WorkerThread): Promise<void> {
    const { name, logger } = this.#setup;
    for (let failures = 0; !this.#leaving.signal.aborted; failures++) {
      const start = performance.now();
      const why = await thread.ended;
      if (this.#leaving.signal.aborted) return;
      if (performance.now() - start > HEALTHY_AFTER_MS) failures = 0;
      const wait = Math.round(backoff(failures, MAX_RESTART_DELAY_MS));
      logger.error("a worker has ended and is replaced", { service: name, worker: index, why, wait });
      await sleep(wait, this.#leaving.signal);
      if (this.#leaving.signal.aborted) return;
      try {
        thread = this.#spawn(index);
      } catch (error) {
        // The program has given up a permission since that the worker is to have, for example.
        logger.error("a worker can't be started", { service: name, worker: index, error });
        continue;
      }
      thread.serving.then(() => logger.info("a worker was replaced", { service: name, worker: index }), () => {});
    }
  }

  #spawn(index: number): WorkerThread {
    const { name, workers } = this.#setup;
    const orders = () => ({ address: formatAddress(this.#address), tls: this.#tls });
    const { permissions } = workers;
    const thread = new WorkerThread({ index, server: name, permissions, patience: this.#patience, orders });
    this.#threads.add(thread);
    inBackground("the end of a worker", this.#setup.logger, async () => {
      await thread.ended;
      this.#threads.delete(thread);
      addHits(this.#formerHits, thread.limitHits);
    });
    return thread;
  }
}
