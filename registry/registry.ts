/**
 * The two interfaces of service discovery: a {@linkcode Registry} keeps a server registered, and a {@linkcode Resolver}
 * tells a client where the servers are.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";

/** One server of a service, as the registry lists it. */
export interface Instance {
  /** The address at which it accepts calls: `"127.0.0.1:8888"` or `"unix:/path"`. */
  readonly address: string;
  /**
   * Its share of the calls, relative to the weights of the other instances.
   * @default {10}
   */
  readonly weight: number;
  /**
   * Labels, such as `version` and `zone` (where the instance runs: clients may prefer their own zone). In Consul these
   * are tags of the form `key:value`. Any other tag is a key with an empty value.
   */
  readonly tags: ReadonlyMap<string, string>;
  /** Further metadata: Consul's `Meta`. */
  readonly meta: ReadonlyMap<string, string>;
}

/** The data that a server registers. */
export interface Registration {
  /** The service's name, such as `"echoservice"`. */
  readonly name: string;
  /**
   * The host and port at which clients reach the server. The address is valid on other machines, so it is never a
   * wildcard.
   */
  readonly address: string;
  /**
   * The URL of the server's readiness check, which answers 200 while the server is ready:
   * `"http://127.0.0.1:8889/health"`.
   */
  readonly healthUrl?: string;
  /**
   * Its share of the calls, relative to the weights of the other instances.
   * @default {10}
   */
  readonly weight?: number;
  /** Labels such as `zone` and `version`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Further metadata, for people, tools and clients that select instances by it. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** Keeps servers registered. */
export interface Registry {
  /** The permissions that the registry needs. A server checks them before it starts. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Checks a registration before the server listens, without any I/O. The port may be any number while the real one is
   * unknown, and `healthUrl` is left out.
   *
   * @throws {TypeError} As {@linkcode Registry.register} does.
   */
  check?(registration: Registration): void;
  /**
   * Registers a server and keeps it registered until {@linkcode Lease.release}. It returns at once and retries in the
   * background without end: an unavailable registry delays the registration, but not the service.
   *
   * @throws {TypeError} If the registry can't hold such a registration; the message names the field.
   */
  register(registration: Registration, logger: Logger): Lease;
}

/** A registration that is kept alive. */
export interface Lease {
  /** Resolves when the server is registered for the first time, or when the lease is released. Never rejects. */
  readonly registered: Promise<void>;
  /**
   * Starts or ends maintenance, in which clients avoid the server while it keeps running. It takes effect at once if
   * the registry answers, and otherwise as soon as it does. A registry without maintenance lacks this method.
   *
   * @param reason The reason to show in the registry. Undefined ends maintenance.
   */
  maintain?(reason: string | undefined): void;
  /** Removes the registration and stops renewing it. Gives up after 2 seconds. Never rejects. */
  release(): Promise<void>;
}

/**
 * The result of a lookup: the instances that accept calls now, or an error. The last list stays valid after an error.
 * If the list is empty, `why` says where the resolver looked and what to do; the errors of calls include it.
 */
export type Resolution = { readonly instances: readonly Instance[]; readonly why?: string } | { readonly error: Error };

/** Looks up the instances of services for clients. */
export interface Resolver {
  /** The permissions that the resolver needs. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Watches a service. It calls `listener` with the first resolution as soon as it is known, and with each change after
   * that.
   *
   * @param name The service's name.
   * @param listener Receives the resolutions. It never throws.
   */
  watch(name: string, listener: (resolution: Resolution) => void, logger: Logger): Watch;
}

/** A running watch. */
export interface Watch {
  /** The state of the watch, for people and metrics. A resolver that sends no queries has none. */
  readonly state?: WatchState;
  /** Ends the watch. The listener is not called again, and no resource stays open. */
  close(): void;
}

/** The state of a watch. */
export interface WatchState {
  /** How many queries the watch has sent. */
  readonly queries: number;
  /** How many of them failed. */
  readonly failures: number;
  /** When the registry last answered, in milliseconds since 1970. */
  readonly confirmed?: number;
  /** The error of the last failure, which may be resolved by now. */
  readonly lastError?: string;
  /**
   * Set while the last list is kept although the registry fails or lists no instances: since when, in milliseconds
   * since 1970, and what the registry reported.
   */
  readonly kept?: { readonly since: number; readonly why: string };
}

/** A store in which clients look up single values, such as policies. */
export interface KeyValue {
  /** The permissions that the store needs. */
  readonly permissions: readonly Deno.PermissionDescriptor[];
  /**
   * Watches a key. It calls `listener` with the value as soon as it is known, and with each change after that. While
   * the store does not answer, the last value stays valid.
   *
   * @param key The key: `"dinokit/echoservice"`.
   * @param listener Receives the value; undefined if the key is absent. It never throws.
   * @throws {TypeError} If the store can't hold such a key.
   */
  watchKey(key: string, listener: (text: string | undefined) => void, logger: Logger): Watch;
}
