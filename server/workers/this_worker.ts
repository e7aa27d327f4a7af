import { after, every } from "../../base/time.ts";
import type { ServerTls } from "../../transport/transport.ts";
import type { LimitHits } from "../limit_hits.ts";
import { type FromWorker, HEARTBEAT_MS, pack, type ToWorker, unpack } from "./messages.ts";

const NAME = /^dinokit worker (\d+) of (.*)$/s;

/** The name of the n-th worker of a server: by it a worker knows what it is. */
export const workerName = (index: number, server: string): string => `dinokit worker ${index} of ${server}`;

/** Where a worker is to listen, and with which certificate. */
export type Orders = Extract<ToWorker, { kind: "listen" }>;

/** What the main thread asks of the server in a worker, and what it must know of it. */
export interface Subordinate {
  readonly address: string;
  readonly limitHits: LimitHits;
  readonly overloaded: boolean;
  setTls(tls: ServerTls): void;
  leaving(): void;
  stop(options: { force: boolean }): Promise<void>;
}

/** What the global scope of a worker has, of which Deno's types for the main thread know nothing. */
interface WorkerScope {
  readonly name?: string;
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: MessageEvent) => void): void;
}

/** A worker's end of the wire to the main thread. */
export class ThisWorker {
  /** Which one it is, from 1 on. */
  readonly index: number;
  /** The name of the server that it works for. */
  readonly server: string;
  readonly #scope: WorkerScope;
  readonly #orders = Promise.withResolvers<Orders>();
  #subordinate: Subordinate | undefined;
  #stopPulse: (() => void) | undefined;

  /** Takes over the wire of a worker's global scope. */
  constructor(scope: WorkerScope, index: number, server: string) {
    this.#scope = scope;
    this.index = index;
    this.server = server;
    scope.addEventListener("unload", () => {
      this.#beat();
      this.#tell({ kind: "exit" });
    });
    scope.addEventListener("message", (event) => {
      const message = unpack<ToWorker>(event);
      if (message?.kind === "listen") this.#orders.resolve(message);
      else if (message?.kind === "tls") this.#subordinate?.setTls(message.tls);
      else if (message?.kind === "leaving") this.#subordinate?.leaving();
      // Its server's finished rejects with the same.
      else if (message?.kind === "stop") this.#subordinate?.stop(message).catch(() => {});
    });
  }

  /** Asks main for its orders. */
  orders(): Promise<Orders> {
    this.#tell({ kind: "hello" });
    return this.#orders.promise;
  }

  /** It serves: from now on main may ask things of it. */
  serving(server: Subordinate): void {
    this.#subordinate = server;
    this.#stopPulse = every(HEARTBEAT_MS, () => this.#beat());
    this.#tell({ kind: "serving", address: server.address });
  }

  /** It could not start. */
  failed(error: unknown): void {
    const { name, message, code }: Error & { code?: string } = error instanceof Error
      ? error
      : new Error(String(error));
    this.#tell({ kind: "failed", name, message, code });
  }

  /** It has stopped. What waited for that has a turn to end before main ends the thread. */
  stopped(): void {
    if (this.#subordinate === undefined) return;
    this.#stopPulse?.();
    this.#beat();
    after(0, () => this.#tell({ kind: "stopped" }));
  }

  #beat(): void {
    if (this.#subordinate === undefined) return;
    const { limitHits, overloaded } = this.#subordinate;
    this.#tell({ kind: "alive", limitHits, overloaded });
  }

  #tell(message: FromWorker): void {
    this.#scope.postMessage(pack(message));
  }
}

let here: ThisWorker | undefined;

/** The worker that this thread is; undefined in the main thread, and in a worker that the kit has not made. */
export function thisWorker(): ThisWorker | undefined {
  if (here || !("WorkerGlobalScope" in globalThis)) return here;
  const scope = globalThis as unknown as WorkerScope;
  const [, index, server] = NAME.exec(scope.name ?? "") ?? [];
  if (index !== undefined) here = new ThisWorker(scope, Number(index), server!);
  return here;
}
