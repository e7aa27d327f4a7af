import type { Connection } from "../../http2/connection.ts";
import type { Budget } from "../../http2/state/budget.ts";
import type { Limits } from "../../transport.ts";
import type { ServerHost } from "./server_host.ts";

/** If the connection's window falls below this, in octets, the rest of a message can't arrive any more. */
const LOW_WINDOW_BYTES = 64 * 1024;

/** The memory that the calls of one server connection hold, and the limits on it. */
export class HeldMemory {
  readonly #host: ServerHost;
  readonly #connection: Connection;
  readonly #calls: Iterable<{ readonly partial: number }>;
  /** The octets of decoded requests that handlers hold. */
  #decoded = 0;

  /**
   * Creates the count of a connection.
   *
   * @param host Counts the memory of all connections.
   * @param connection The connection.
   * @param calls Its calls, with the octets of the incomplete message of each.
   */
  constructor(host: ServerHost, connection: Connection, calls: Iterable<{ readonly partial: number }>) {
    this.#host = host;
    this.#connection = connection;
    this.#calls = calls;
  }

  /** Adds to the octets of decoded requests that handlers hold. A negative number subtracts. */
  add(more: number): void {
    this.#decoded += more;
    this.#host.decoded += more;
  }

  /**
   * Returns whether all connections hold too much, and this one more than its share. Connections that hold little
   * continue.
   */
  exceedsShare(kind: keyof Budget | "decoded", more: number): boolean {
    const { bufferBytes, connections: maxConnections } = this.#host.options.limits;
    const sum = more + (kind === "decoded" ? this.#host.decoded : this.#host.budget[kind]);
    if (sum <= bufferBytes) return false;
    // The share shrinks as connections are added, but older ones keep what they hold, so the sum may exceed the limit.
    // Above twice the limit, the share is that of `limits.connections`.
    const share = bufferBytes / (sum <= 2 * bufferBytes ? this.#host.connections : maxConnections);
    const exceeds = more + this.#own(kind) > share;
    if (exceeds) this.#host.hit("bufferBytes");
    return exceeds;
  }

  /**
   * Returns the limit that a call exceeds whose data has arrived: too much is held, and waiting would not help.
   *
   * @param partial The octets of the call's incomplete message.
   */
  exceededBy(partial: number): keyof Limits | undefined {
    if (this.exceedsShare("received", 0)) return "bufferBytes";
    const { receiveWindow } = this.#connection;
    // Incomplete messages hold almost all of the connection's window, so none of them can complete.
    const stuck = partial > 0 && receiveWindow.available < LOW_WINDOW_BYTES &&
      this.#partials() > receiveWindow.held / 2;
    if (stuck) this.#host.hit("connectionBufferBytes");
    return stuck ? "connectionBufferBytes" : undefined;
  }

  #own(kind: keyof Budget | "decoded"): number {
    if (kind === "decoded") return this.#decoded;
    return kind === "queued" ? this.#connection.sendWindow.queued : this.#connection.receiveWindow.held;
  }

  #partials(): number {
    let sum = 0;
    for (const { partial } of this.#calls) sum += partial;
    return sum;
  }
}
