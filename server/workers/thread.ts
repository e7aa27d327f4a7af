import type { ServerTls } from "../../transport/transport.ts";
import type { LimitHits } from "../limit_hits.ts";
import { workerName } from "./this_worker.ts";
import { type FromWorker, HEARTBEAT_MS, pack, type ToWorker, unpack } from "./messages.ts";

/** After this number of missed heartbeats, the event loop of a serving worker counts as blocked. */
const MAX_MISSED_HEARTBEATS = 10;

/** The error of a worker that ended before it served, because of a fault in the program. */
export class WorkerFailure extends Error {
  override readonly name = "WorkerFailure";

  /**
   * @param worker The worker: `worker 1 of "echoservice"`.
   * @param why The reason: `"Uncaught Error: ..."`.
   */
  constructor(worker: string, why: string) {
    super(
      `createServer: ${worker} did not start: ${why}\n  The program runs in each worker too, up to server.run() or ` +
        `server.start(): what else it listens on or waits for is for the main thread, where self.name is ""`,
    );
  }
}

/** The parts that a worker is started with. */
export interface ThreadSetup {
  /** The number of the worker, from 1. */
  readonly index: number;
  /** The name of its server. */
  readonly server: string;
  /**
   * The permissions of the worker; undefined for those of the process. Any other value needs --unstable-worker-options.
   */
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  /** The time that the worker may take until it serves, in heartbeats. */
  readonly patience: number;
  /** Returns the address that the worker listens on, and its certificate. */
  orders(): { address: string; tls: ServerTls | undefined };
}

/** A worker as the main thread sees it. */
export class WorkerThread {
  /** The number of the worker, from 1. */
  readonly index: number;
  /** Resolves with the address on which the worker serves. Rejects if it ends before. */
  readonly serving: Promise<string>;
  /** Resolves with the reason when the worker has ended; with undefined if the main thread ended it. */
  readonly ended: Promise<string | undefined>;
  /** The exceeded limits of the worker, as of its last heartbeat. */
  limitHits: LimitHits = new Map();
  /** Whether the worker has been overloaded for long, as of its last heartbeat. */
  overloaded = false;
  readonly #setup: ThreadSetup;
  readonly #worker: Worker;
  #serves = false;
  readonly #serving = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<string | undefined>();
  #silence = 0;

  /** Starts the worker. */
  constructor(setup: ThreadSetup) {
    const { index, server, permissions, orders } = setup;
    const name = workerName(index, server);
    const options = { type: "module", name, ...(permissions && { deno: { permissions } }) } as const;
    this.#setup = setup;
    this.index = index;
    this.#worker = new Worker(Deno.mainModule, options);
    this.serving = this.#serving.promise;
    this.ended = this.#ended.promise;
    this.serving.catch(() => {});
    this.#worker.addEventListener("error", (event) => {
      // Otherwise the error would end this thread too.
      event.preventDefault();
      // Deno reports a missing permission of a worker's import only as a text. This is the only place that reads it. It
      // can go when the event has the error's class (`event.error` is null in Deno 2.9).
      const lacks = event.message.includes("Requires read access") && !this.#serves;
      this.#end(
        lacks
          ? `${event.message}\n  A worker loads the program again, all its modules: grant read for them`
          : event.message,
      );
    });
    this.#worker.addEventListener("message", (event) => {
      const message = unpack<FromWorker>(event as MessageEvent);
      if (message === undefined) return;
      this.#silence = 0;
      if (message.kind === "hello") this.tell({ kind: "listen", ...orders() });
      else this.#hear(message);
    });
  }

  /**
   * Whether the event loop of the worker is blocked. Then it takes no calls, and can't be terminated either
   * (denoland/deno#35657).
   */
  get isBlocked(): boolean {
    return this.#serves && this.#silence > MAX_MISSED_HEARTBEATS;
  }

  /**
   * Counts a missed heartbeat. Call it once in each {@linkcode HEARTBEAT_MS}. It counts calls instead of time, so that
   * a suspended process does not make its workers look blocked.
   */
  tick(): void {
    this.#silence++;
    const { patience } = this.#setup;
    if (this.#serves || this.#silence <= patience) return;
    this.#end(`it did not start its server within ${patience * HEARTBEAT_MS / 1000} s`);
  }

  #hear(message: FromWorker): void {
    if (message.kind === "serving") {
      this.#serves = true;
      this.#serving.resolve(message.address);
    } else if (message.kind === "alive") {
      this.limitHits = message.limitHits;
      this.overloaded = message.overloaded;
    } else if (message.kind === "failed") this.#end(message.message, errorOf(message));
    else if (message.kind === "exit") this.#end("its program called Deno.exit()");
    else if (message.kind === "stopped") this.#end(undefined);
  }

  /** Sends a message to the worker. */
  tell(message: ToWorker): void {
    this.#worker.postMessage(pack(message));
  }

  /** Asks the worker to stop. A worker that does not serve yet is terminated at once. */
  stop(force: boolean): void {
    if (this.#serves) this.tell({ kind: "stop", force });
    else this.terminate();
  }

  /** Terminates the worker. This has no effect while its event loop is blocked. */
  terminate(): void {
    this.#end(undefined);
  }

  #end(why: string | undefined, error?: Error): void {
    const { index, server } = this.#setup;
    error ??= new WorkerFailure(`worker ${index} of ${JSON.stringify(server)}`, why ?? "it was stopped");
    this.#worker.terminate();
    this.#ended.resolve(why);
    this.#serving.reject(error);
  }
}

/** Returns an error of the same class as in the worker, if it is a class of Deno; else an Error. */
function errorOf({ name, message, code }: Extract<FromWorker, { kind: "failed" }>): Error {
  const known = { TypeError, RangeError, ...Deno.errors } as Record<string, new (message: string) => Error>;
  return Object.assign(new (known[name] ?? Error)(message), { code });
}
