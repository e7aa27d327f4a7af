import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { after } from "../../base/time.ts";

/**
 * A condition for being ready. It says no by throwing, rejecting or returning false; the signal aborts when its time is
 * over.
 */
export type HealthCheck = (signal: AbortSignal) => unknown;

/** What each check said, by its name. */
export type CheckResults = Readonly<Record<string, "ok" | "failed">>;

/** For how long results hold, in milliseconds: who asks more often does not make the checks run more often. */
const HOLD_MS = 1000;

/** The application's conditions for being ready, for all who ask: the health port, and `grpc.health.v1`. */
export class HealthChecks {
  readonly #checks: readonly (readonly [string, HealthCheck])[];
  readonly #timeoutMs: number;
  readonly #logger: Logger;
  /** Those that failed last. */
  readonly #failing = new Set<string>();
  #results: Promise<CheckResults> | undefined;
  #heldUntil = Infinity;

  /**
   * @param checks The checks by name.
   * @param timeoutMs How long each may take.
   */
  constructor(checks: Readonly<Record<string, HealthCheck>>, timeoutMs: number, logger: Logger) {
    this.#checks = Object.entries(checks);
    this.#timeoutMs = timeoutMs;
    this.#logger = logger;
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#checks.length > 0;
  }

  /** What the checks say now: the run that is under way, or that ended in the last second, counts. Never rejects. */
  run(): Promise<CheckResults> {
    if (this.#results === undefined || performance.now() >= this.#heldUntil) {
      this.#heldUntil = Infinity;
      // No check takes the deadline of the caller who happens to ask.
      this.#results = outsideScopes(() => this.#runAll()).finally(() => this.#heldUntil = performance.now() + HOLD_MS);
    }
    return this.#results;
  }

  /** Whether all say yes. */
  async pass(): Promise<boolean> {
    return !this.any || !Object.values(await this.run()).includes("failed");
  }

  /** Runs all at the same time, each within its time. */
  async #runAll(): Promise<CheckResults> {
    return Object.fromEntries(
      await Promise.all(this.#checks.map(async ([name, check]) => [name, await this.#result(name, check)] as const)),
    );
  }

  async #result(name: string, check: HealthCheck): Promise<"ok" | "failed"> {
    try {
      if (await within(this.#timeoutMs, check) === false) throw new Error("it returned false");
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#logger[this.#failing.has(name) ? "debug" : "warn"]("health check failed", { check: name, error: text });
      this.#failing.add(name);
      return "failed";
    }
    if (this.#failing.delete(name)) this.#logger.info("health check passes again", { check: name });
    return "ok";
  }
}

async function within(milliseconds: number, check: HealthCheck): Promise<unknown> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = after(milliseconds, () => {
    const error = new Error(`no answer within ${milliseconds} ms`);
    reject(error);
    controller.abort(error);
  });
  try {
    return await Promise.race([check(controller.signal), late]);
  } finally {
    stop();
  }
}
