/**
 * Service discovery in two interfaces: a {@linkcode Registry} keeps a server registered, a {@linkcode Resolver} tells a
 * client where the servers are.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";

/** One server of a service, as a registry knows it. */
export interface Instance {
  /** Where it takes calls: `"127.0.0.1:8888"` or `"unix:/path"`. */
  readonly address: string;
  /** Its share of the calls beside the others' weights. @default {10} */
  readonly weight: number;
  /**
   * Labels such as `zone` (where it runs: clients may prefer their own) and `version`: Consul's tags of the form
   * `key:value`. Any other is a key with an empty value.
   */
  readonly tags: ReadonlyMap<string, string>;
  /** Other facts: Consul's `Meta`. */
  readonly meta: ReadonlyMap<string, string>;
}

/** What a server registers. */
export interface Registration {
  /** The service's name, such as `"echoservice"`. */
  readonly name: string;
  /** Where clients reach it: a host and port that are valid on other machines, never a wildcard. */
  readonly address: string;
  /** The URL of its readiness check, which answers 200 while it serves: `"http://127.0.0.1:8889/health"`. */
  readonly healthUrl?: string;
  /** Its share of the calls. @default {10} */
  readonly weight?: number;
  /** Labels such as `zone` and `version`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Other facts, for people, tools and clients that select by them. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** Where servers register. */
export interface Registry {
  /** What it may touch, so that a server can check it before it starts. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Says before a server listens whether its registration will do. It touches nothing. Any port stands for one that is
   * not known yet, and `healthUrl` is left out.
   *
   * @throws {TypeError} As {@linkcode Registry.register} does.
   */
  check?(registration: Registration): void;
  /**
   * Registers a server and keeps it registered until {@linkcode Lease.release}. It returns at once and retries in the
   * background for as long as it takes: a registry that is down delays the registration, not the service.
   *
   * @throws {TypeError} If the registry can't hold such a registration; the message names the field.
   */
  register(registration: Registration, logger: Logger): Lease;
}

/** A registration that is kept alive. */
export interface Lease {
  /** Resolves when the server is registered for the first time, or released. Never rejects. */
  readonly registered: Promise<void>;
  /**
   * Leads clients away while the server runs on, and back: at once if the registry answers, else as soon as it does. A
   * registry without such a mode has no such method.
   *
   * @param reason Why, for people who look into the registry; undefined ends it.
   */
  maintain?(reason: string | undefined): void;
  /** Removes the registration and stops keeping it. Gives up after 2 seconds. Never rejects. */
  release(): Promise<void>;
}

/**
 * What a resolver tells: the instances that take calls now, or why it can't know. The last list stays valid beside an
 * error. Where the list is empty, `why` says where it looked and what to do, for the error of the calls.
 */
export type Resolution = { readonly instances: readonly Instance[]; readonly why?: string } | { readonly error: Error };

/** Where clients look services up. */
export interface Resolver {
  /** What it may touch. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Watches a service: calls `listener` with the first resolution as soon as there is one, and with each change after
   * it.
   *
   * @param name The service's name.
   * @param listener Takes the resolutions. It never throws.
   */
  watch(name: string, listener: (resolution: Resolution) => void, logger: Logger): Watch;
}

/** A watch that is running. */
export interface Watch {
  /** How it is doing, for people and metrics. A resolver that asks nobody has none. */
  readonly state?: WatchState;
  /** Ends it: the listener is not called again, and nothing stays open. */
  close(): void;
}

/** How a watch is doing. */
export interface WatchState {
  /** How many queries it has sent. */
  readonly queries: number;
  /** How many of them failed. */
  readonly failures: number;
  /** When the registry last said what holds, in milliseconds since 1970. */
  readonly confirmed?: number;
  /** The last failure, which may be over. */
  readonly lastError?: string;
  /**
   * Since when (in milliseconds since 1970) the last list is kept although the registry fails or lists none, and what
   * it said.
   */
  readonly kept?: { readonly since: number; readonly why: string };
}

/** Where single values can be looked up, such as policies. */
export interface KeyValue {
  /** What it may touch. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Watches a key: calls `listener` with its value as soon as there is an answer, and with each change after it. While
   * the store does not answer, the last value holds.
   *
   * @param key The key: `"dinokit/echoservice"`.
   * @param listener Takes the value, undefined where the key is not there. It never throws.
   * @throws {TypeError} If the store can't hold such a key.
   */
  watchKey(key: string, listener: (text: string | undefined) => void, logger: Logger): Watch;
}
