import { RpcError } from "../../rpc/error.ts";
import { Queue } from "../../base/collections/queue.ts";
import type { Peer } from "../../rpc/peer.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStart, ClientCall, Connection, ConnectOptions, ListenOptions, ServerCall } from "../transport.ts";
import { Call } from "./call.ts";
import { MemoryClientCall } from "./client_call.ts";
import { MemoryServerCall } from "./server_call.ts";

/** The server at the other end of a connection. */
export interface Target {
  readonly options: ListenOptions;
  /** Passes a call to the server's code. */
  take(call: ServerCall): void;
}

/** A connection inside this process: its calls in flight, and those that wait because of the limit. */
export class MemoryConnection implements Connection {
  readonly peer: Peer;
  readonly closed: Promise<string>;
  #client: Peer;
  #options: ConnectOptions;
  #target: Target;
  #calls = new Set<Call>();
  #seen = new Set<Call>();
  #waiting = new Queue<{ call: Call; server: ServerCall }>();
  #why: string | undefined;
  #close: (why: string) => void;
  #idle = Promise.withResolvers<void>();

  constructor(options: ConnectOptions, target: Target, peer: Peer, client: Peer) {
    this.peer = peer;
    this.#client = client;
    this.#options = options;
    this.#target = target;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.#close = resolve;
  }

  start(start: CallStart): ClientCall {
    const { options: { limits } } = this.#target;
    const call = new Call(start, this.#options.limits, limits, (call) => this.#ended(call));
    const client = new MemoryClientCall(call);
    if (call.ended) return client;
    if (this.#why !== undefined) this.#lose(call, this.#why);
    else {
      this.#calls.add(call);
      this.#waiting.push({ call, server: new MemoryServerCall(call, start, this.#client) });
      this.#admit();
    }
    return client;
  }

  close(force: boolean = false): Promise<void> {
    const gone = this.retire("the client closed the connection");
    if (force) { for (const call of this.#calls) call.cancel(); }
    return gone;
  }

  /** Accepts no more calls. Resolves when those in flight have ended. */
  retire(why: string): Promise<void> {
    if (this.#why === undefined) {
      this.#why = why;
      this.#close(why);
    }
    if (this.#calls.size === 0) this.#idle.resolve();
    return this.#idle.promise;
  }

  /** Accepts no more calls. Ends calls that the server has not seen with UNAVAILABLE, and with `force` all calls. */
  goAway(why: string, force: boolean): Promise<void> {
    const gone = this.retire(why);
    for (const call of this.#calls) {
      if (force || !this.#seen.has(call)) this.#lose(call, why);
    }
    return gone;
  }

  #lose(call: Call, why: string): void {
    const error = new RpcError(Status.UNAVAILABLE, `${this.peer.address}: ${why}`);
    call.cut(error, error, "connection");
  }

  #admit(): void {
    const { concurrentStreams } = this.#target.options.limits;
    while (this.#seen.size < concurrentStreams && this.#waiting.size > 0) {
      const { call, server } = this.#waiting.shift()!;
      if (call.ended) continue;
      this.#seen.add(call);
      queueMicrotask(() => call.ended || this.#target.take(server));
    }
  }

  #ended(call: Call): void {
    this.#calls.delete(call);
    this.#seen.delete(call);
    this.#admit();
    if (this.#why !== undefined && this.#calls.size === 0) this.#idle.resolve();
  }
}
