import type { Logger } from "../base/logger.ts";
import type { Watch } from "./registry.ts";

/** Opens a watch. It calls `notify` with each value, never before the next turn. */
export type Open<T> = (notify: (value: T) => void, logger: Logger) => Watch;

interface Watcher<T> {
  readonly listener: (value: T) => void;
  readonly logger: Logger;
  notified: boolean;
}

interface Shared<T> {
  readonly source: Watch;
  readonly watchers: Set<Watcher<T>>;
  /** The last value. */
  last?: { readonly value: T };
}

/**
 * Watches that share one source if they are of the same subject. The source opens with the first watch and closes with
 * the last.
 */
export class SharedWatches<T> {
  readonly #open = new Map<string, Shared<T>>();

  /**
   * Joins the watch of a subject, or opens it. A listener that joins receives the last value. The log goes to the
   * logger of the oldest watcher.
   *
   * @param subject The subject. Equal texts share a watch.
   * @param open Opens the watch.
   * @param listener Receives the values, never before the next turn.
   */
  watch(subject: string, open: Open<T>, listener: (value: T) => void, logger: Logger): Watch {
    const watcher: Watcher<T> = { listener, logger, notified: false };
    const shared = this.#open.get(subject) ?? this.#begin(subject, open, watcher);
    shared.watchers.add(watcher);
    queueMicrotask(() => {
      if (shared.last && !watcher.notified && shared.watchers.has(watcher)) notify(watcher, shared.last.value);
    });
    return {
      get state() {
        return shared.source.state;
      },
      close: () => {
        if (!shared.watchers.delete(watcher) || shared.watchers.size > 0) return;
        this.#open.delete(subject);
        shared.source.close();
      },
    };
  }

  #begin(subject: string, open: Open<T>, first: Watcher<T>): Shared<T> {
    const watchers = new Set([first]);
    const notifyAll = (value: T) => {
      shared.last = { value };
      for (const watcher of watchers) notify(watcher, value);
    };
    const shared: Shared<T> = { source: open(notifyAll, logsTo(watchers)), watchers };
    this.#open.set(subject, shared);
    return shared;
  }
}

/** Calls one listener. An exception that it throws does not reach the others. */
function notify<T>(watcher: Watcher<T>, value: T): void {
  watcher.notified = true;
  try {
    watcher.listener(value);
  } catch (error) {
    watcher.logger.error("the listener of a watch failed", { error });
  }
}

/** Returns a logger that writes to the logger of the first watcher. */
function logsTo(watchers: Iterable<{ logger: Logger }>): Logger {
  const first = () => watchers[Symbol.iterator]().next().value?.logger as Logger | undefined;
  return {
    debug: (message, fields) => first()?.debug(message, fields),
    info: (message, fields) => first()?.info(message, fields),
    warn: (message, fields) => first()?.warn(message, fields),
    error: (message, fields) => first()?.error(message, fields),
  };
}
