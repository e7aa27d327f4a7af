import { inBackground } from "../../base/background.ts";
import { Status } from "../../rpc/status.ts";
import type { Instance } from "../../registry/registry.ts";
import type { CallStart, ClientCall, Connection } from "../../transport/transport.ts";
import type { Candidate } from "../balancing/balancer.ts";
import { slowStartShare } from "../balancing/slow_start.ts";
import { ConnectBackoff } from "./connect_backoff.ts";
import { dial, type DialSettings } from "./dial.ts";
import { INSTANCE_FAILURES } from "./failure_statuses.ts";
import { Latency } from "./latency.ts";
import type { OutlierDetector, Suspect } from "./outliers/outlier_detector.ts";

/** The settings that all instances of a channel share. */
export interface SubchannelSetup extends DialSettings {
  /** How long an instance that is new, or has recovered, takes to grow into its full weight, in milliseconds. */
  readonly slowStart: () => number;
  readonly outliers: OutlierDetector<Subchannel>;
  /** Called when an instance falls silent, and when it sends something again. */
  readonly onSilence: (subchannel: Subchannel) => void;
  /** Called when a connection was lost. */
  readonly onLost: (subchannel: Subchannel) => void;
}

/** A call that can be made again elsewhere when its instance falls silent. */
export interface Expirable {
  /** Ends the call, unless its response has begun. */
  expire(message: string, lost: boolean): void;
}

/** One call of this many is timed if the balancer does not use latencies. */
const CALLS_PER_TIMED_CALL = 16;

/** One instance, its connection, and the statistics of its calls. */
export class Subchannel implements Candidate {
  /** The instance as the registry lists it now. */
  instance: Instance;
  /** How much of its weight counts: less than 1 while it serves another zone. */
  share = 1;
  /** Its record at the outlier detector. */
  readonly suspect: Suspect<Subchannel>;
  readonly latencies: Latency = new Latency();
  inFlight = 0;
  /** Calls that have no response yet, and end when the instance falls silent. */
  readonly expirable: Set<Expirable> = new Set();
  /** How many calls have started. */
  calls = 0;
  /** How many calls failed in a way that may be its fault. */
  failures = 0;
  /** Why the last attempt to connect failed, or why the last connection was lost. */
  lastError: Error | undefined;
  /** When `lastError` occurred, in milliseconds of `performance.now()`. */
  failedAt = -Infinity;
  /** When the connector connects to it next, in milliseconds of `performance.now()`. */
  dueAt = 0;
  /** Its place in the connector's heap. */
  place: number | undefined;
  readonly #setup: SubchannelSetup;
  #closed = false;
  /** Cancels the attempt to connect that is under way. */
  #connecting: AbortController | undefined;
  #connection: Connection | undefined;
  /** The connection that closes when its last calls have ended. */
  #leaving: Connection | undefined;
  /** The call that is its latest probe. */
  #probe: ClientCall | undefined;
  readonly #backoff = new ConnectBackoff();
  /** When its slow start began, in milliseconds of `performance.now()`; undefined when it is over. */
  #slowSince: number | undefined;
  #isPermissionMissing = false;
  #warm: boolean;

  /**
   * @param instance The instance as the registry lists it.
   * @param setup The settings that all instances share.
   * @param warm Whether the instance started before the client. Then it has no slow start.
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

  /** Whether it sends nothing although calls wait for it. */
  get silent(): boolean {
    return this.#connection?.silent ?? false;
  }

  /** Whether it has left the list, or the client was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  get fullWeight(): number {
    return this.instance.weight * this.share;
  }

  get weight(): number {
    const full = this.fullWeight;
    if (this.#slowSince === undefined) return full;
    const part = slowStartShare(performance.now() - this.#slowSince, this.#setup.slowStart());
    if (part === 1) this.#slowSince = undefined;
    return full * part;
  }

  get latency(): number | undefined {
    // It does not decay while calls are in flight: an instance that hangs must not look faster and faster.
    return this.latencies.at(this.inFlight === 0 ? performance.now() : undefined);
  }

  /** Starts a call. The caller reports its course by {@linkcode responded} and, once, by {@linkcode ended}. */
  start(options: CallStart): ClientCall {
    this.inFlight++;
    this.calls++;
    const { offered } = this.suspect;
    if (offered) this.#setup.outliers.began(this.suspect);
    const call = this.#connection!.start(options);
    if (offered) this.#probe = call;
    return call;
  }

  /** Whether the next call should report its latency by {@linkcode responded}: it is a sample, or a probe. */
  get wantsTime(): boolean {
    return this.calls % CALLS_PER_TIMED_CALL === 0 || this.suspect.offered;
  }

  /** The response of a call has begun, this many milliseconds after its start. */
  responded(call: ClientCall, milliseconds: number, now: number = performance.now()): void {
    this.latencies.observe(milliseconds, now);
    // The probe may be a stream that goes on for long.
    if (call === this.#probe && this.suspect.probing) this.#setup.outliers.ended(this.suspect, false);
  }

  /**
   * A call has ended with a code; undefined if that says nothing of the instance, as when the call was cancelled here.
   */
  ended(call: ClientCall, code: Status | undefined): void {
    this.inFlight--;
    const failed = code === undefined ? undefined : code !== Status.OK && INSTANCE_FAILURES.has(code);
    if (failed) this.failures++;
    // While it is ejected, only its probe counts: other calls began before.
    if (this.suspect.until === undefined || call === this.#probe) this.#setup.outliers.ended(this.suspect, failed);
  }

  /** Begins a slow start. */
  startSlowly(): void {
    this.#slowSince = performance.now();
  }

  /**
   * When the backoff ends, in milliseconds of `performance.now()`. It ends sooner while no instance is ready
   * (`urgent`).
   */
  retryAt(urgent: boolean): number {
    return this.failedAt + this.#backoff.delay(urgent);
  }

  /** Ends the backoff. */
  forgive(): void {
    this.#backoff.reset();
  }

  /**
   * Attempts once to connect.
   *
   * @returns Whether it succeeded.
   */
  async connect(): Promise<boolean> {
    const { address } = this.instance;
    const connecting = this.#connecting = new AbortController();
    try {
      const connection = await dial(address, this.#setup, connecting, () => this.#onSilence());
      if (this.#closed) return this.#leave(connection, true), false;
      this.#connected(connection);
      return true;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      // A mistake of the operator, which the next attempts repeat. Without this line only the caller would learn of it.
      if (error.cause instanceof Deno.errors.NotCapable && !this.#isPermissionMissing) {
        this.#isPermissionMissing = true;
        this.#setup.options.logger.warn("a permission to connect is missing", { address, error: error.cause.message });
      }
      this.#failed(error);
      this.#backoff.failed();
      return false;
    } finally {
      this.#connecting = undefined;
    }
  }

  #connected(connection: Connection): void {
    // An instance that is new to the client, or was down, has just started. One that only lost its connection has not.
    if (!this.#warm || this.#backoff.failures > 0) this.startSlowly();
    this.#warm = true;
    this.#isPermissionMissing = false;
    this.#backoff.reset();
    this.#connection = connection;
    const lost = (reason: unknown) => this.#lost(connection, String(reason));
    connection.closed.then(lost, lost);
  }

  #lost(connection: Connection, reason: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#failed(new Error(reason));
    this.#leave(connection);
    this.#setup.onLost(this);
  }

  #leave(connection: Connection, force?: boolean): void {
    const task = `the end of the connection to ${this.instance.address}`;
    inBackground(task, this.#setup.options.logger, () => connection.close(force));
  }

  #onSilence(): void {
    if (this.#connection === undefined) return;
    if (!this.silent) this.startSlowly();
    else for (const call of [...this.expirable]) call.expire("the instance is silent", true);
    this.#setup.onSilence(this);
  }

  #failed(error: Error): void {
    this.lastError = error;
    this.failedAt = performance.now();
  }

  /**
   * Takes no more calls.
   *
   * @returns Whether there is a connection to {@linkcode close}.
   */
  retire(): boolean {
    this.#closed = true;
    this.#connecting?.abort(new Error("the client was closed"));
    this.#leaving ??= this.#connection;
    this.#connection = undefined;
    return this.#leaving !== undefined;
  }

  /** Takes no more calls, and waits for those in flight. `force` cancels them, also after a first call without it. */
  async close(force: boolean = false): Promise<void> {
    this.retire();
    await this.#leaving?.close(force);
  }
}
