import type { Logger } from "../../base/logger.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { within } from "../../base/wait.ts";

/** A readiness check. It fails if it throws, rejects or returns false. The signal aborts when the check times out. */
export type HealthCheck = (signal: AbortSignal) => unknown;

/** The result of each check, by its name. */
export type CheckResults = Readonly<Record<string, "ok" | "failed">>;

/** How long results are cached, in milliseconds, so that frequent requests do not make the checks run more often. */
const HOLD_MS = 1000;

/** The application's readiness checks, shared by the health port and `grpc.health.v1`. */
export class HealthChecks {
  readonly #checks: readonly (readonly [string, HealthCheck])[];
  readonly #timeoutMs: number;
  readonly #logger: Logger;
  /** The names of the checks that failed last time. */
  readonly #failing = new Set<string>();
  #results: Promise<CheckResults> | undefined;
  #heldUntil = Infinity;

  /**
   * @param checks The checks by name.
   * @param timeoutMs The timeout of each check, in milliseconds.
   */
  constructor(checks: Readonly<Record<string, HealthCheck>>, timeoutMs: number, logger: Logger) {
    this.#checks = Object.entries(checks);
    this.#timeoutMs = timeoutMs;
    this.#logger = logger;
  }

  /** Whether there are any checks. */
  get any(): boolean {
    return this.#checks.length > 0;
  }

  /**
   * Returns the results of the checks. A run that is in progress, or ended less than a second ago, is shared. Never
   * rejects.
   */
  run(): Promise<CheckResults> {
    if (this.#results === undefined || performance.now() >= this.#heldUntil) {
      this.#heldUntil = Infinity;
      // The checks must not inherit the deadline of the call that happens to start them.
      this.#results = outsideScopes(() => this.#runAll()).finally(() => this.#heldUntil = performance.now() + HOLD_MS);
    }
    return this.#results;
  }

  /** Returns whether all checks pass. */
  async pass(): Promise<boolean> {
    return !this.any || !Object.values(await this.run()).includes("failed");
  }

  /** Runs all checks concurrently, each with its timeout. */
  async #runAll(): Promise<CheckResults> {
    return Object.fromEntries(
      await Promise.all(this.#checks.map(async ([name, check]) => [name, await this.#result(name, check)] as const)),
    );
  }

  async #result(name: string, check: HealthCheck): Promise<"ok" | "failed"> {
    try {
      if (await this.#answer(check) === false) throw new Error("it returned false");
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#logger[this.#failing.has(name) ? "debug" : "warn"]("health check failed", { check: name, error: text });
      this.#failing.add(name);
      return "failed";
    }
    if (this.#failing.delete(name)) this.#logger.info("health check passes again", { check: name });
    return "ok";
  }

  #answer(check: HealthCheck): Promise<unknown> {
    const controller = new AbortController();
    return within(Promise.try(check, controller.signal), this.#timeoutMs, () => {
      const error = new Error(`no answer within ${this.#timeoutMs} ms`);
      controller.abort(error);
      throw error;
    });
  }
}
