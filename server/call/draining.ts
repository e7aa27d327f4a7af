import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";

/**
 * Announces the drain of a server to the calls that want to know. Each of them has a controller of its own while it
 * runs: listeners on one signal of the server would pile up, because handlers do not remove them.
 */
export class Draining {
  readonly #server = new AbortController();
  readonly #calls = new Set<AbortController>();

  /** Aborts when the drain begins. */
  get signal(): AbortSignal {
    return this.#server.signal;
  }

  /** Returns the controller of a running call. It has aborted if the drain has begun. */
  enter(): AbortController {
    const call = new AbortController();
    if (this.signal.aborted) call.abort(this.signal.reason);
    else this.#calls.add(call);
    return call;
  }

  /** Forgets a call that has ended. */
  leave(call: AbortController): void {
    this.#calls.delete(call);
  }

  /** Begins the drain. */
  begin(): void {
    const reason = new RpcError(Status.UNAVAILABLE, "the server is stopping");
    this.#server.abort(reason);
    for (const call of this.#calls) call.abort(reason);
    this.#calls.clear();
  }
}
