import { parseAddress } from "../../base/address.ts";
import { inBackground } from "../../base/background.ts";
import { Status } from "../../rpc/status.ts";
import { after } from "../../base/time.ts";
import { backoff } from "../../registry/backoff.ts";
import type { Instance } from "../../registry/registry.ts";
import type { CallStart, ClientCall, Connection, ConnectOptions, Transport } from "../../transport/transport.ts";
import type { Candidate } from "../balancing/balancer.ts";
import type { Attempt } from "../call/attempts/attempt.ts";
import { slowStartShare } from "../balancing/slow_start.ts";
import { Latency } from "./latency.ts";
import type { OutlierDetector, Suspect } from "./outliers/outlier_detector.ts";

/** What every connection of a channel has in common. */
export interface SubchannelSetup {
  readonly transport: () => Promise<Transport>;
  readonly connectTimeout: number;
  readonly options: Omit<ConnectOptions, "address" | "authority" | "signal">;
  readonly authority: string | undefined;
  /** Over how many milliseconds one that is new, or back, grows into its share. */
  readonly slowStart: () => number;
  readonly outliers: OutlierDetector<Subchannel>;
  /** It has become silent, or sends something again. */
  readonly onSilence: (subchannel: Subchannel) => void;
  /** A connection was lost. */
  readonly onLost: (subchannel: Subchannel) => void;
}

const MAX_BACKOFF_MS = 5000;
/** While no instance is ready, one is asked again after this share of its backoff. */
const URGENT_BACKOFF_SHARE = 0.2;
const MIN_BACKOFF_MS = 100;

/** One call of so many is timed if the balancer does not look at times. */
const CALLS_PER_TIMED_CALL = 16;

/** The statuses that may be the instance's fault. That it protects itself (RESOURCE_EXHAUSTED), or refuses a request, is not one. */
const FAILURES = new Set([
  Status.UNAVAILABLE,
  Status.DEADLINE_EXCEEDED,
  Status.INTERNAL,
  Status.UNKNOWN,
  Status.DATA_LOSS,
]);

/** One instance and the connection to it, and what its calls tell of it. */
export class Subchannel implements Candidate {
  /** What the registry says of it now. */
  instance: Instance;
  /** How much of its weight counts: less than 1 where it stands in for another zone. */
  share = 1;
  /** What the detector of outliers knows of it. */
  readonly suspect: Suspect<Subchannel>;
  readonly latencies: Latency = new Latency();
  inFlight = 0;
  /** Attempts without a response that can be made again elsewhere. */
  readonly repeatable: Set<Pick<Attempt, "expire">> = new Set();
  /** Calls that have begun. */
  calls = 0;
  /** Those of them that failed by what may be its fault. */
  failures = 0;
  /** Why the last attempt to connect failed, or the last connection was lost. */
  lastError: Error | undefined;
  /** When that was, in milliseconds of `performance.now()`. */
  failedAt = -Infinity;
  /** When it is to be connected to, and its place among those that are to be: the connector's. */
  dueAt = 0;
  place: number | undefined;
  readonly #setup: SubchannelSetup;
  #closed = false;
  /** Gives up the attempt to connect that is under way. */
  #attempt: AbortController | undefined;
  #connection: Connection | undefined;
  /** The connection whose last calls are in flight. */
  #leaving: Connection | undefined;
  /** The call that was its last probe. */
  #probe: ClientCall | undefined;
  #backoff = 0;
  /** Attempts that have failed since it was last connected. */
  #attempts = 0;
  /** Since when it takes calls, if it starts slowly. */
  #since: number | undefined;
  #warm: boolean;

  /**
   * @param instance What the registry says.
   * @param setup What all have in common.
   * @param warm Whether it was there before the client: then it does not start slowly.
   */
  constructor(instance: Instance, setup: SubchannelSetup, warm: boolean) {
    this.instance = instance;
    this.#setup = setup;
    this.#warm = warm;
    this.suspect = setup.outliers.add(this);
  }

  /** The connection, if calls can be started on it now. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether it sends nothing, though calls wait for it. */
  get silent(): boolean {
    return this.#connection?.silent ?? false;
  }

  /** Whether it is gone. */
  get closed(): boolean {
    return this.#closed;
  }

  get fullWeight(): number {
    return this.instance.weight * this.share;
  }

  get weight(): number {
    const full = this.fullWeight;
    if (this.#since === undefined) return full;
    const part = slowStartShare(performance.now() - this.#since, this.#setup.slowStart());
    if (part === 1) this.#since = undefined;
    return full * part;
  }

  get latency(): number | undefined {
    // While calls are in flight it does not fade: one that hangs must not look faster and faster.
    return this.latencies.at(this.inFlight === 0 ? performance.now() : undefined);
  }

  /** Starts a call. Whoever does tells how it went on, by {@linkcode responded} and, once, {@linkcode ended}. */
  start(options: CallStart): ClientCall {
    this.inFlight++;
    this.calls++;
    const { offered } = this.suspect;
    if (offered) this.#setup.outliers.began(this.suspect);
    const call = this.#connection!.start(options);
    if (offered) this.#probe = call;
    return call;
  }

  /** Whether the next call should tell when it {@linkcode responded}: a sample for {@linkcode clientState}, or a probe. */
  get wantsTime(): boolean {
    return this.calls % CALLS_PER_TIMED_CALL === 0 || this.suspect.offered;
  }

  /** A call's response has begun, so many milliseconds after its start. */
  responded(call: ClientCall, milliseconds: number, now: number = performance.now()): void {
    this.latencies.observe(milliseconds, now);
    // The probe may be a stream that goes on for long.
    if (call === this.#probe && this.suspect.probing) this.#setup.outliers.ended(this.suspect, false);
  }

  /** A call has ended: with the code that the wire brought, or undefined where that says nothing of the instance (cancelled here). */
  ended(call: ClientCall, code: Status | undefined): void {
    this.inFlight--;
    const failed = code === undefined ? undefined : code !== Status.OK && FAILURES.has(code);
    if (failed) this.failures++;
    // While it is ejected, only its probe says something new: other calls began before.
    if (this.suspect.until === undefined || call === this.#probe) this.#setup.outliers.ended(this.suspect, failed);
  }

  /** It begins to take calls, or does again: slowly. */
  startSlowly(): void {
    this.#since = performance.now();
  }

  /** When it may be asked again, in milliseconds of `performance.now()`; sooner if no instance is ready. */
  retryAt(urgent: boolean): number {
    return this.failedAt +
      (urgent
        ? Math.min(this.#backoff, Math.max(MIN_BACKOFF_MS, this.#backoff * URGENT_BACKOFF_SHARE))
        : this.#backoff);
  }

  /** Forgets in how many attempts it could not be reached. */
  forgive(): void {
    this.#attempts = this.#backoff = 0;
  }

  /** Attempts once to connect; says whether that succeeded. */
  async connect(): Promise<boolean> {
    const { transport, connectTimeout, options, authority } = this.#setup;
    const { address } = this.instance;
    const attempt = this.#attempt = new AbortController();
    const late = () => attempt.abort(new Error(`${address} takes no connection within ${connectTimeout} ms`));
    const stop = after(connectTimeout, late);
    try {
      const connection = await (await transport()).connect({
        ...options,
        address: parseAddress(address, "instance"),
        // A path can't stand in :authority; gRPC puts localhost there.
        authority: authority ?? (address.startsWith("unix:") ? "localhost" : address),
        signal: attempt.signal,
        onSilence: () => this.#onSilence(),
      });
      if (this.#closed) return this.#leave(connection, true), false;
      this.#connected(connection);
      return true;
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
      this.#backoff = backoff(this.#attempts++, MAX_BACKOFF_MS);
      return false;
    } finally {
      stop();
      this.#attempt = undefined;
    }
  }

  #connected(connection: Connection): void {
    // One that came late, or was down, has just begun; one that only lost its connection has not.
    if (!this.#warm || this.#attempts > 0) this.startSlowly();
    this.#warm = true;
    this.#attempts = this.#backoff = 0;
    this.#connection = connection;
    const lost = (why: unknown) => this.#lost(connection, String(why));
    connection.closed.then(lost, lost);
  }

  #lost(connection: Connection, why: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#failed(new Error(why));
    this.#leave(connection);
    this.#setup.onLost(this);
  }

  #leave(connection: Connection, force?: boolean): void {
    const what = `the end of the connection to ${this.instance.address}`;
    inBackground(what, this.#setup.options.logger, () => connection.close(force));
  }

  #onSilence(): void {
    if (this.#connection === undefined) return;
    if (!this.silent) this.startSlowly();
    else for (const attempt of [...this.repeatable]) attempt.expire("the instance is silent", true);
    this.#setup.onSilence(this);
  }

  #failed(error: Error): void {
    this.lastError = error;
    this.failedAt = performance.now();
  }

  /** Takes no more calls. @returns Whether there is a connection to {@linkcode close}. */
  retire(): boolean {
    this.#closed = true;
    this.#attempt?.abort(new Error("the client was closed"));
    this.#leaving ??= this.#connection;
    this.#connection = undefined;
    return this.#leaving !== undefined;
  }

  /** Takes no more calls; those in flight end by themselves, or at once with `force`, also when it was called without before. */
  async close(force: boolean = false): Promise<void> {
    this.retire();
    await this.#leaving?.close(force);
  }
}
