import { fileURLToPath } from "node:url";
import { backoff } from "../../base/backoff.ts";
import { sleep, within } from "../../base/wait.ts";
import { type Address, formatAddress, parseAddress } from "../../base/address.ts";
import { inBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { every } from "../../base/time.ts";
import type { Listener, ServerTls, ServerTransport } from "../../transport/transport.ts";
import { addHits, type LimitHits, type LimitName } from "../limit_hits.ts";
import type { Workers } from "../options.ts";
import { HEARTBEAT_MS } from "./messages.ts";
import { WorkerThread } from "./thread.ts";

/** The longest delay before a worker is replaced, in milliseconds. */
const MAX_RESTART_DELAY_MS = 30_000;
/** The bounds of the time that a worker may take to start, in milliseconds. */
const MIN_START_MS = 10_000;
const MAX_START_MS = 60_000;
/** If a worker served for at least this time, its start counts as successful, in milliseconds. */
const HEALTHY_AFTER_MS = 10_000;
/** Deno can't terminate a thread that never returns to its event loop: denoland/deno#35657. */
const BLOCKED = "its event loop is blocked by a handler that never waits; only the end of the process ends it";
/** The time that a worker may take to cancel its calls, in milliseconds. */
const CANCEL_TIMEOUT_MS = 1000;

/** The parts that a pool is created from. */
export interface PoolSetup {
  readonly name: string;
  readonly workers: Workers;
  readonly address: Address;
  readonly tls?: ServerTls;
  readonly logger: Logger;
}

/** Returns a transport that listens with workers instead of in this thread. */
export function workerTransport(name: string, workers: Workers): ServerTransport {
  return {
    name: "http2",
    permissions: programPermissions(),
    listen: ({ address, tls, logger }) => WorkerPool.start({ name, workers, address, tls, logger }),
  };
}

/**
 * Returns the permissions to load the program again in each worker: to read the folder of the main module and that of
 * the kit, if they are local files. If the main module may already be read, its folder is not required; a worker then
 * reports the files that it may not read.
 */
function programPermissions(): Deno.PermissionDescriptor[] {
  if (Deno.mainModule === undefined) {
    throw new TypeError("createServer: this is a worker already; workers are for a server of the main thread");
  }
  const main = readable(Deno.mainModule) ? Deno.mainModule : new URL(".", Deno.mainModule).href;
  // In a bundle, the kit is part of the main module.
  const kit = import.meta.url === Deno.mainModule ? main : new URL("../..", import.meta.url).href;
  const needed = main.startsWith(kit) ? [kit] : [main, kit];
  return needed.filter((url) => url.startsWith("file:")).map((url) => ({ name: "read", path: fileURLToPath(url) }));
}

const readable = (url: string) =>
  url.startsWith("file:") && Deno.permissions.querySync({ name: "read", path: fileURLToPath(url) }).state === "granted";

/**
 * Checks that the port is free. Workers share their port, also with another process that shares it, such as a second
 * instance of the same program; listening would then succeed.
 *
 * @throws {Deno.errors.AddrInUse} If the address is in use.
 */
function checkFree(address: Address): void {
  if (address.kind === "tcp" && address.port > 0) Deno.listen({ hostname: address.host, port: address.port }).close();
}

/**
 * A listener of several workers that share a port. Each worker runs the main module. A worker that ends is replaced.
 */
export class WorkerPool implements Listener {
  readonly #setup: PoolSetup;
  /**
   * The time that a worker may take to start, in heartbeats. It is ten times the start time of the main thread, because
   * several workers start at the same time.
   */
  readonly #patience = Math.ceil(
    Math.min(Math.max(10 * performance.now(), MIN_START_MS), MAX_START_MS) / HEARTBEAT_MS,
  );
  readonly #threads = new Set<WorkerThread>();
  readonly #leaving = new AbortController();
  /** The exceeded limits of workers that have ended. */
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
   * Starts the workers. Resolves when all of them serve.
   *
   * @throws {Deno.errors.AddrInUse} If the address is in use, also by another process with workers.
   * @throws {WorkerFailure} If the program of a worker fails, or does not start its server in time.
   * @throws {Error} The error with which the server of a worker failed to start.
   */
  static async start(setup: PoolSetup): Promise<WorkerPool> {
    checkFree(setup.address);
    const pool = new WorkerPool(setup);
    try {
      // The first worker resolves port 0 to a free port, which the others then use.
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
   * The reason why the listener is not healthy; undefined if it is. It is unhealthy if the event loop of a worker is
   * blocked: that worker keeps its connections but takes no calls. It is also unhealthy if all workers are overloaded.
   * If only some are, new connections can still reach the others.
   */
  get trouble(): string | undefined {
    const threads = [...this.#threads];
    const blocked = threads.filter((thread) => thread.isBlocked).map(({ index }) => index);
    if (blocked.length > 0) return `worker ${blocked.join(" and ")}: ${BLOCKED}`;
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
    await within(stopped, CANCEL_TIMEOUT_MS, () => {});
    this.#stopTicking();
    const busy = [...this.#threads].map(({ index }) => index);
    for (const thread of this.#threads) thread.terminate();
    await stopped;
    if (busy.length > 0) throw new Error(`worker ${busy.join(" and ")} did not stop: ${BLOCKED}`);
  }

  #tick(): void {
    for (const thread of this.#threads) {
      const before = thread.isBlocked;
      thread.tick();
      if (thread.isBlocked && !before) {
        this.#setup.logger.error(BLOCKED, { service: this.#setup.name, worker: thread.index });
      }
    }
  }

  async #stop(force: boolean): Promise<void> {
    for (const thread of this.#threads) thread.stop(force);
    await Promise.all([...this.#threads].map((thread) => thread.ended));
  }

  /** Starts the worker of this number, and replaces it whenever it ends. Resolves when the first one serves. */
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
        // For example, the program has dropped a permission that the worker needs.
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
