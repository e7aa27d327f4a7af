import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";

/**
 * Announces the drain of a server to the calls that want to know. Each of them has a controller of its own while it
 * runs: listeners on one signal of the server would pile up, because handlers do not remove them.
 */
export class Draining {
  /** Why the server drains; undefined while it does not. */
  #reason: RpcError | undefined;
  readonly #calls = new Set<AbortController>();

  /** Returns the controller of a running call. It has aborted if the drain has begun. */
  enter(): AbortController {
    const call = this.left();
    if (this.#reason === undefined) this.#calls.add(call);
    return call;
  }

  /** Returns a controller for a call that has ended. It has aborted if the drain has begun, and never aborts later. */
  left(): AbortController {
    const call = new AbortController();
    if (this.#reason !== undefined) call.abort(this.#reason);
    return call;
  }

  /** Forgets a call that has ended. */
  leave(call: AbortController): void {
    this.#calls.delete(call);
  }

  /** Begins the drain. */
  begin(): void {
    this.#reason ??= new RpcError(Status.UNAVAILABLE, "the server is stopping");
    for (const call of this.#calls) call.abort(this.#reason);
    this.#calls.clear();
  }
}
