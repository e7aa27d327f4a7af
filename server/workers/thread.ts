import type { ServerTls } from "../../transport/transport.ts";
import type { LimitHits } from "../limit_hits.ts";
import { workerName } from "./this_worker.ts";
import { type FromWorker, HEARTBEAT_MS, pack, type ToWorker, unpack } from "./messages.ts";

/** How long it may say nothing while it serves until it is taken to stand still, in pulses. */
const MAX_MISSED_HEARTBEATS = 10;

/** A worker has ended before it served, by a fault of the program. */
export class WorkerFailure extends Error {
  override readonly name = "WorkerFailure";

  /**
   * @param worker Which one: `worker 1 of "echoservice"`.
   * @param why Why it has ended: `"Uncaught Error: ..."`.
   */
  constructor(worker: string, why: string) {
    super(
      `createServer: ${worker} did not start: ${why}\n  The program runs in each worker too, up to server.run() or ` +
        `server.start(): what else it listens on or waits for is for the main thread, where self.name is ""`,
    );
  }
}

/** What a worker is started with. */
export interface ThreadSetup {
  /** Which one it is, from 1 on. */
  readonly index: number;
  /** The name of its server. */
  readonly server: string;
  /** What it may do. What this process may by default; anything else needs --unstable-worker-options. */
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  /** How long it may take until it serves, in pulses. */
  readonly patience: number;
  /** Where it is to listen, and with which certificate. */
  orders(): { address: string; tls: ServerTls | undefined };
}

/** A worker as the main thread sees it. */
export class WorkerThread {
  /** Which one it is, from 1 on. */
  readonly index: number;
  /** Where it serves. Rejects if it ends before. */
  readonly serving: Promise<string>;
  /** Why it has ended: `undefined` if it was told to. */
  readonly ended: Promise<string | undefined>;
  /** Which limits were passed in it, as it said last. */
  limitHits: LimitHits = new Map();
  /** Whether it has been overloaded for long, as it said last. */
  overloaded = false;
  readonly #setup: ThreadSetup;
  readonly #worker: Worker;
  #serves = false;
  readonly #serving = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<string | undefined>();
  #silence = 0;

  /** Starts it. */
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
      // Else it would end this thread too.
      event.preventDefault();
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

  /** Whether its event loop stands still: then it takes no calls, and can't be ended either (denoland/deno#35657). */
  get standsStill(): boolean {
    return this.#serves && this.#silence > MAX_MISSED_HEARTBEATS;
  }

  /**
   * To be called once for each pulse. Not time is counted: where the whole process was stopped for a while, nobody was
   * silent.
   */
  tick(): void {
    this.#silence++;
    const { patience } = this.#setup;
    if (this.#serves || this.#silence <= patience) return;
    this.#end(`it has not come so far within ${patience * HEARTBEAT_MS / 1000} s`);
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

  /** Tells it something. */
  tell(message: ToWorker): void {
    this.#worker.postMessage(pack(message));
  }

  /** Asks it to stop. If it does not serve yet, it ends at once. */
  stop(force: boolean): void {
    if (this.#serves) this.tell({ kind: "stop", force });
    else this.terminate();
  }

  /** Ends it at once, unless it stands still. */
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

/** An error of the class that it had, as far as it is one of Deno's. */
function errorOf({ name, message, code }: Extract<FromWorker, { kind: "failed" }>): Error {
  const known = { TypeError, RangeError, ...Deno.errors } as Record<string, new (message: string) => Error>;
  return Object.assign(new (known[name] ?? Error)(message), { code });
}
