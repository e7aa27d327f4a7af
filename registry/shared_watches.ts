import type { Logger } from "../base/logger.ts";
import type { Watch } from "./registry.ts";

/** Begins to watch something: `tell` takes what is found, from a later turn on. */
export type Open<T> = (tell: (value: T) => void, logger: Logger) => Watch;

interface Watcher<T> {
  readonly listener: (value: T) => void;
  readonly logger: Logger;
  told: boolean;
}

interface Shared<T> {
  readonly source: Watch;
  readonly watchers: Set<Watcher<T>>;
  /** What was told last. */
  last?: { readonly value: T };
}

/** Watches, of which those of the same thing share one source: it opens with the first and closes with the last. */
export class SharedWatches<T> {
  readonly #open = new Map<string, Shared<T>>();

  /**
   * Joins the watch of a thing, or begins it. One who joins is told at once what was told last. The log goes to whoever
   * watches for the longest.
   *
   * @param thing What is watched: equal texts share.
   * @param open Begins it.
   * @param listener Is called from a later turn on.
   */
  watch(thing: string, open: Open<T>, listener: (value: T) => void, logger: Logger): Watch {
    const watcher: Watcher<T> = { listener, logger, told: false };
    const shared = this.#open.get(thing) ?? this.#begin(thing, open, watcher);
    shared.watchers.add(watcher);
    queueMicrotask(() => {
      if (shared.last && !watcher.told && shared.watchers.has(watcher)) tell(watcher, shared.last.value);
    });
    return {
      get state() {
        return shared.source.state;
      },
      close: () => {
        if (!shared.watchers.delete(watcher) || shared.watchers.size > 0) return;
        this.#open.delete(thing);
        shared.source.close();
      },
    };
  }

  #begin(thing: string, open: Open<T>, first: Watcher<T>): Shared<T> {
    const watchers = new Set([first]);
    const tellAll = (value: T) => {
      shared.last = { value };
      for (const watcher of watchers) tell(watcher, value);
    };
    const shared: Shared<T> = { source: open(tellAll, logsTo(watchers)), watchers };
    this.#open.set(thing, shared);
    return shared;
  }
}

/** Tells one; what it throws is no matter of the others. */
function tell<T>(watcher: Watcher<T>, value: T): void {
  watcher.told = true;
  try {
    watcher.listener(value);
  } catch (error) {
    watcher.logger.error("what was found was not taken", { error });
  }
}

/** The logger of the first of some watchers. */
function logsTo(watchers: Iterable<{ logger: Logger }>): Logger {
  const first = () => watchers[Symbol.iterator]().next().value?.logger as Logger | undefined;
  return {
    debug: (message, fields) => first()?.debug(message, fields),
    info: (message, fields) => first()?.info(message, fields),
    warn: (message, fields) => first()?.warn(message, fields),
    error: (message, fields) => first()?.error(message, fields),
  };
}
