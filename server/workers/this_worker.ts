import { after, every } from "../../base/time.ts";
import type { ServerTls } from "../../transport/transport.ts";
import type { LimitHits } from "../limit_hits.ts";
import { type FromWorker, HEARTBEAT_MS, pack, type ToWorker, unpack } from "./messages.ts";

const NAME = /^dinokit worker (\d+) of (.*)$/s;

/** Returns the name of a worker. From the name, the code in the worker learns its number and its server. */
export const workerName = (index: number, server: string): string => `dinokit worker ${index} of ${server}`;

/** The address that a worker listens on, and its certificate. */
export type Orders = Extract<ToWorker, { kind: "listen" }>;

/** The server in a worker, as the connection to the main thread uses it. */
export interface Subordinate {
  readonly address: string;
  readonly limitHits: LimitHits;
  readonly overloaded: boolean;
  setTls(tls: ServerTls): void;
  leaving(): void;
  stop(options: { force: boolean }): Promise<void>;
}

/** The global scope of a worker. Deno's types for the main thread do not declare it. */
interface WorkerScope {
  readonly name?: string;
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: MessageEvent) => void): void;
}

/** The worker's end of the message channel to the main thread. */
export class ThisWorker {
  /** The number of the worker, from 1. */
  readonly index: number;
  /** The name of its server. */
  readonly server: string;
  readonly #scope: WorkerScope;
  readonly #orders = Promise.withResolvers<Orders>();
  #subordinate: Subordinate | undefined;
  #stopPulse: (() => void) | undefined;

  /** Listens for the messages of the main thread. */
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
      // The error is not lost: `finished` of the server rejects with it.
      else if (message?.kind === "stop") this.#subordinate?.stop(message).catch(() => {});
    });
  }

  /** Requests the address and the certificate from the main thread. */
  orders(): Promise<Orders> {
    this.#tell({ kind: "hello" });
    return this.#orders.promise;
  }

  /** Reports that the server serves. From now on the main thread can control it. */
  serving(server: Subordinate): void {
    this.#subordinate = server;
    this.#stopPulse = every(HEARTBEAT_MS, () => this.#beat());
    this.#tell({ kind: "serving", address: server.address });
  }

  /** Reports that the server could not start. */
  failed(error: unknown): void {
    const { name, message, code }: Error & { code?: string } = error instanceof Error
      ? error
      : new Error(String(error));
    this.#tell({ kind: "failed", name, message, code });
  }

  /**
   * Reports that the server has stopped, one turn of the event loop later: code that awaits the stop runs before the
   * main thread terminates the worker.
   */
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

let current: ThisWorker | undefined;

/**
 * Returns the worker that runs this code; undefined in the main thread, and in a worker that the kit did not create.
 */
export function thisWorker(): ThisWorker | undefined {
  if (current || !("WorkerGlobalScope" in globalThis)) return current;
  const scope = globalThis as unknown as WorkerScope;
  const [, index, server] = NAME.exec(scope.name ?? "") ?? [];
  if (index !== undefined) current = new ThisWorker(scope, Number(index), server!);
  return current;
}
