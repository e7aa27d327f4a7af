import type { Limits, ServerTls } from "../transport/transport.ts";
import { type FromWorker, pack, PULSE, type ToWorker, unpack } from "./worker_messages.ts";

/** How long a worker may take until it serves, and how long it may say nothing after that, in pulses. */
const PATIENCE = 60;

/** A worker as the main thread sees it. */
export class WorkerThread {
  /** Where it serves. Rejects if it ends before. */
  readonly serving: Promise<string>;
  /** Why it has ended: `undefined` if it was told to. */
  readonly ended: Promise<string | undefined>;
  /** Which limits were passed in it, as it said last. */
  limitHits: ReadonlyMap<keyof Limits, number> = new Map();
  readonly #worker: Worker;
  #serves = false;
  readonly #serving = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<string | undefined>();
  readonly #ticker: ReturnType<typeof setInterval>;
  #silence = 0;

  /**
   * Starts it.
   *
   * @param name Its name.
   * @param permissions What it may do. What this process may by default; anything else needs --unstable-worker-options.
   * @param orders Where it is to listen, and with which certificate.
   */
  constructor(
    name: string,
    permissions: Deno.PermissionOptionsObject | undefined,
    orders: () => { address: string; tls: ServerTls | undefined },
  ) {
    const options = { type: "module", name, ...(permissions && { deno: { permissions } }) } as const;
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
    // Pulses are counted, not time: where the whole process was stopped for a while, nobody was silent.
    this.#ticker = setInterval(() => {
      if (++this.#silence > PATIENCE) this.#end(`nothing was heard of it for ${PATIENCE * PULSE / 1000} s`);
    }, PULSE);
  }

  #hear(message: FromWorker): void {
    if (message.kind === "serving") {
      this.#serves = true;
      this.#serving.resolve(message.address);
    } else if (message.kind === "alive") this.limitHits = message.limitHits;
    else if (message.kind === "failed") this.#end(message.message, errorOf(message));
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

  /** Ends it at once. */
  terminate(): void {
    this.#end(undefined);
  }

  #end(why: string | undefined, error: Error = new Error(why ?? "it was stopped")): void {
    clearInterval(this.#ticker);
    this.#worker.terminate();
    this.#ended.resolve(why);
    this.#serving.reject(error);
  }
}

/** An error of the class that it had, as far as it is one of Deno's. */
function errorOf({ name, message }: { name: string; message: string }): Error {
  const known = { TypeError, RangeError, ...Deno.errors } as Record<string, new (message: string) => Error>;
  return new (known[name] ?? Error)(message);
}
