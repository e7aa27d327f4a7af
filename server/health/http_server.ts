import { sleep } from "../../base/wait.ts";
import type { Address } from "../../base/address.ts";
import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { every } from "../../base/time.ts";

/**
 * The limits of the connections of the health port. `Deno.serve` does not limit connections, does not close slow ones,
 * and does not expose their number. So the whole server is replaced by a new one, which closes all connections at once.
 */
export interface HealthBounds {
  /**
   * The maximum age of a connection, in milliseconds. After that time the server is replaced as soon as the next
   * request is answered.
   */
  readonly lifeMs: number;
  /** How much longer the replacement waits for that request, in milliseconds. */
  readonly patienceMs: number;
  /** The maximum growth of the process's memory between two replacements, in bytes. An idle connection takes 7.5 KB. */
  readonly growthBytes: number;
}

/** The default limits. 16 MiB are about 2,000 idle connections. */
export const HEALTH_BOUNDS: HealthBounds = { lifeMs: 300_000, patienceMs: 60_000, growthBytes: 16 * 1024 * 1024 };

/** The interval at which the limits are checked, in milliseconds. */
const LOOK_MS = 1000;
/** The delay before the next attempt to listen, in milliseconds. */
const RETRY_MS = 100;
/** The minimum time between two error lines about a failed health port, in milliseconds. */
const LOG_INTERVAL_MS = 60_000;

/** A handler of HTTP requests. It never rejects. */
export type HttpHandler = (request: Request) => Promise<Response>;

/** One `Deno.serve`, from its start until it is replaced. */
interface Serving {
  readonly cut: AbortController;
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  /** When the server is due to be replaced, in milliseconds of `performance.now()`. */
  readonly until: number;
  /** The memory of the process when the server started, in bytes. */
  readonly memory: number;
  /** The number of unanswered requests. */
  open: number;
  /** Whether the server has ended without an error. */
  over: boolean;
}

/**
 * The HTTP server of the health port. It listens again whenever it fails, for example when no file descriptor is left.
 */
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
   * Whether the process had grown too much at the last check. Requests that were open then have had {@linkcode LOOK_MS}
   * to end.
   */
  #grown = false;
  /** When a failure was last logged as an error. */
  #logged = -Infinity;

  /**
   * Starts to listen.
   *
   * @throws {Deno.errors.AddrInUse} If the address is in use.
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

  /** The address on which the server listens. The port is never 0. */
  get address(): Extract<Address, { kind: "tcp" }> {
    return this.#address;
  }

  /** Closes the server and all its connections. */
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
   * Replaces the server if it is due. Right after a request is the best moment to be unreachable for a millisecond,
   * because the next one is farthest away.
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

  /** Replaces the server by a new one, and tries until that listens. Never rejects. */
  async #listenAgain(): Promise<void> {
    await end(this.#serving);
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      try {
        this.#serving = this.#serve();
        if (failures > 0) this.#logger.info("the health port listens again");
        return;
      } catch (error) {
        if (failures === 0) {
          this.#logger.warn("the health port can't listen yet, and keeps trying", { error: textOf(error) });
        }
        await sleep(RETRY_MS, this.#closing.signal);
      }
    }
  }
}

const textOf = (error: unknown) => error === undefined ? undefined : (error as Error).message;

/** Closes a server and all its connections. Never rejects. */
async function end({ cut, server, over }: Serving): Promise<void> {
  // shutdown() would wait for a request whose body never arrives. Aborting a server that has ended throws inside of
  // Deno.
  if (!over) cut.abort();
  await server.finished.catch(() => {});
  // After a failure, this releases the resources that Deno.serve still holds.
  await server.shutdown().catch(() => {});
}
