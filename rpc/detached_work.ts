/** Work that outlives the call that started it. */
interface Job {
  /** Resolves when the work has ended. Never rejects. */
  readonly ended: Promise<unknown>;
  /** Aborts the signal of the work. */
  abort(reason: unknown): void;
}

/** The detached work of the calls of a server. A drain waits for it. */
export class DetachedWork {
  readonly #jobs = new Set<Job>();

  /** Adds a job that has just begun. */
  add(job: Job): void {
    this.#jobs.add(job);
    const ended = () => this.#jobs.delete(job);
    job.ended.then(ended, ended);
  }

  /** Resolves when no job is running. Jobs that begin during the wait count too. */
  async ended(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(Array.from(this.#jobs, ({ ended }) => ended));
  }

  /** Aborts the signals of all running jobs. */
  abort(reason: unknown): void {
    for (const job of this.#jobs) job.abort(reason);
  }
}
