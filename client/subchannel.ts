import { parseAddress } from "../rpc/address.ts";
import type { Instance } from "../registry/registry.ts";
import type { Status } from "../rpc/status.ts";
import type { CallStart, ClientCall, Connection, ConnectOptions, Transport } from "../transport/transport.ts";
import type { Candidate } from "./balancing/balancer.ts";

/** What every connection of a channel has in common. */
export interface SubchannelSetup {
  readonly transport: () => Promise<Transport>;
  readonly connectTimeout: number;
  readonly options: Omit<ConnectOptions, "address" | "authority" | "signal">;
  readonly authority: string | undefined;
}

const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 5000;

/** One instance and the connection to it: made when it is wanted, made again when it was lost, not sooner than its backoff allows. */
export class Subchannel implements Candidate {
  /** What the registry says of it now. */
  instance: Instance;
  readonly #setup: SubchannelSetup;
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  /** The connection whose last calls are in flight. */
  #leaving: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #failures = 0;
  #notBefore = 0;
  #lastError: Error | undefined;

  constructor(instance: Instance, setup: SubchannelSetup) {
    this.instance = instance;
    this.#setup = setup;
  }

  /** The connection, if calls can be started on it now. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  get weight(): number {
    return this.instance.weight;
  }

  /** Calls that have begun and not ended. */
  inFlight = 0;
  latency: number | undefined;

  /** Starts a call. Whoever does tells how it went on, by {@linkcode responded} and, once, {@linkcode ended}. */
  start(options: CallStart): ClientCall {
    this.inFlight++;
    return this.#connection!.start(options);
  }

  /** A call's response has begun, so many milliseconds after its start. */
  responded(_milliseconds: number): void {}

  /** A call has ended: with the code that the wire brought, or undefined where that says nothing of the instance (cancelled here, a BizError). */
  ended(_code: Status | undefined): void {
    this.inFlight--;
  }

  /** Why the last attempt to connect failed. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Whether an attempt to connect may begin now or is under way. */
  get hopeful(): boolean {
    return this.#connecting !== undefined || Date.now() >= this.#notBefore;
  }

  /** Connects, unless it is or waits for its backoff. Rejects with why it failed. */
  connect(): Promise<void> {
    if (this.#connection) return Promise.resolve();
    if (!this.hopeful) return Promise.reject(this.#lastError);
    return this.#connecting ??= this.#connect().finally(() => this.#connecting = undefined);
  }

  async #connect(): Promise<void> {
    const { transport, connectTimeout, options, authority } = this.#setup;
    const { address } = this.instance;
    const attempt = new AbortController();
    const giveUp = () => attempt.abort(new Error("the client was closed"));
    const late = () => attempt.abort(new Error(`no connection to ${address} within ${connectTimeout} ms`));
    const timer = setTimeout(late, connectTimeout);
    this.#closing.signal.addEventListener("abort", giveUp);
    try {
      const connection = await (await transport()).connect({
        ...options,
        address: parseAddress(address, "instance"),
        // A path can't stand in :authority; gRPC puts localhost there.
        authority: authority ?? (address.startsWith("unix:") ? "localhost" : address),
        signal: attempt.signal,
      });
      if (this.#closing.signal.aborted) return void connection.close(true);
      this.#failures = 0;
      this.#lastError = undefined;
      this.#connection = connection;
      connection.closed.then((why) => this.#lost(connection, why));
    } catch (error) {
      this.#lastError = error instanceof Error ? error : new Error(String(error));
      const backoff = Math.min(FIRST_BACKOFF * 1.6 ** this.#failures++, LONGEST_BACKOFF);
      this.#notBefore = Date.now() + backoff * (0.8 + 0.4 * Math.random());
      throw this.#lastError;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener("abort", giveUp);
    }
  }

  #lost(connection: Connection, why: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#lastError = new Error(why);
    void connection.close();
  }

  /** Takes no more calls; those in flight end by themselves, or at once with `force`, also when it was called without before. */
  async close(force: boolean = false): Promise<void> {
    this.#closing.abort();
    this.#leaving ??= this.#connection;
    this.#connection = undefined;
    await this.#leaving?.close(force);
  }
}
