import { sleep } from "../../registry/backoff.ts";
import type { Address } from "../../base/address.ts";
import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { every } from "../../base/time.ts";

/**
 * What bounds the connections of the health port. `Deno.serve` has no limit on them, never closes a slow one, and
 * doesn't tell how many there are. So the whole server is replaced by a new one, which closes all of them at once.
 */
export interface HealthBounds {
  /** How long a connection may stay open, in milliseconds. The replacement then waits for the next answered request. */
  readonly lifeMs: number;
  /** How much longer it waits for that request, in milliseconds. */
  readonly patienceMs: number;
  /** By how many bytes the process may grow between two replacements. An idle connection takes 7.5 KB. */
  readonly growthBytes: number;
}

/** 16 MiB are about 2,000 idle connections. */
export const HEALTH_BOUNDS: HealthBounds = { lifeMs: 300_000, patienceMs: 60_000, growthBytes: 16 * 1024 * 1024 };

/** How often the bounds are checked, in milliseconds. */
const LOOK_MS = 1000;
/** How long it waits until it tries to listen again, in milliseconds. */
const RETRY_MS = 100;
/** The least time between two log lines that it has failed, in milliseconds. */
const LOG_INTERVAL_MS = 60_000;

/** A handler of HTTP requests. It never rejects. */
export type HttpHandler = (request: Request) => Promise<Response>;

/** One `Deno.serve`, from its start until it is replaced. */
interface Serving {
  readonly cut: AbortController;
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  /** When it is to be replaced. */
  readonly until: number;
  /** The memory of the process when it began, in bytes. */
  readonly memory: number;
  /** How many requests have not been answered. */
  open: number;
  /** Whether it has ended without being asked to. */
  over: boolean;
}

/** The HTTP server of the health port. It listens again whenever it fails, as where no file descriptor was left. */
export class HealthServer {
  #address: Extract<Address, { kind: "tcp" }>;
  readonly #handler: HttpHandler;
  readonly #logger: Logger;
  readonly #bounds: HealthBounds;
  readonly #closing = new AbortController();
  readonly #stopTicking: () => void;
  #serving: Serving;
  #replacing: Promise<void> | undefined;
  /**
   * Whether the process had grown when it was last looked at: requests that were open then have had a second to end.
   */
  #grown = false;
  /** When it was logged last that it has failed. */
  #logged = -Infinity;

  /**
   * Listens.
   *
   * @throws {Deno.errors.AddrInUse} If another process listens there.
   */
  constructor(address: HealthServer["address"], handler: HttpHandler, logger: Logger, bounds = HEALTH_BOUNDS) {
    this.#address = address;
    this.#handler = handler;
    this.#logger = logger;
    this.#bounds = bounds;
    this.#serving = this.#serve();
    this.#address = { ...address, port: this.#serving.server.addr.port };
    this.#stopTicking = every(Math.min(LOOK_MS, bounds.lifeMs), () => this.#look());
  }

  /** Where it listens: the port is never 0. */
  get address(): Extract<Address, { kind: "tcp" }> {
    return this.#address;
  }

  /** Closes it with all connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopTicking();
    await this.#replacing;
    await end(this.#serving);
  }

  #serve(): Serving {
    const cut = new AbortController();
    const options = {
      hostname: this.#address.host,
      port: this.#address.port,
      signal: cut.signal,
      onListen() {},
      onError: (error: unknown) => {
        this.#logger.error("a health request failed", { error });
        return new Response(null, { status: 500 });
      },
    };
    const answer = async (request: Request, { completed }: Deno.ServeHandlerInfo): Promise<Response> => {
      serving.open++;
      const answered = () => this.#answered(serving);
      completed.then(answered, answered);
      return await this.#handler(request);
    };
    const server = outsideScopes(() => Deno.serve(options, answer));
    const serving: Serving = {
      cut,
      server,
      until: performance.now() + this.#bounds.lifeMs,
      memory: Deno.memoryUsage().rss,
      open: 0,
      over: false,
    };
    server.finished.then(() => {
      serving.over = true;
      this.#ended(serving);
    }, (error) => this.#ended(serving, error));
    return serving;
  }

  /**
   * A request was answered, so that the next check is as far off as it can be: the best moment to be away for a
   * millisecond.
   */
  #answered(serving: Serving): void {
    serving.open--;
    if (serving.open === 0 && performance.now() >= serving.until) this.#replace(serving);
  }

  #look(): void {
    const { until, memory, open } = this.#serving;
    const grown = Deno.memoryUsage().rss - memory > this.#bounds.growthBytes;
    const waited = open === 0 || this.#grown;
    this.#grown = grown;
    if (grown && waited || performance.now() >= until + this.#bounds.patienceMs) this.#replace(this.#serving);
  }

  #ended(serving: Serving, error?: unknown): void {
    if (this.#closing.signal.aborted || this.#replacing || serving !== this.#serving) return;
    const level = performance.now() - this.#logged < LOG_INTERVAL_MS ? "debug" : "error";
    if (level === "error") this.#logged = performance.now();
    // Only the text: without a descriptor, Deno 2.9.6 may panic when the stack of an error is read.
    this.#logger[level]("the health port has failed and listens again", { error: textOf(error) });
    this.#replace(serving);
  }

  #replace(serving: Serving): void {
    if (this.#closing.signal.aborted || serving !== this.#serving) return;
    this.#replacing ??= this.#listenAgain().finally(() => this.#replacing = undefined);
  }

  /** Never rejects. */
  async #listenAgain(): Promise<void> {
    await end(this.#serving);
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      try {
        this.#serving = this.#serve();
        if (failures > 0) this.#logger.info("the health port listens again");
        return;
      } catch (error) {
        if (failures === 0) {
          this.#logger.warn("the health port can't listen yet, and tries on", { error: textOf(error) });
        }
        await sleep(RETRY_MS, this.#closing.signal);
      }
    }
  }
}

const textOf = (error: unknown) => error === undefined ? undefined : (error as Error).message;

/** Closes a server with all its connections. Never rejects. */
async function end({ cut, server, over }: Serving): Promise<void> {
  // shutdown() would wait for a request whose body never comes. Aborting what has ended throws in a listener of Deno's.
  if (!over) cut.abort();
  await server.finished.catch(() => {});
  // After a failure, this gives back what Deno.serve still holds.
  await server.shutdown().catch(() => {});
}
