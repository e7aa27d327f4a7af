import { netPermissions } from "../../base/permissions.ts";
import { DEFAULT_AUTHORITIES } from "../../tls/connect.ts";
import { ConsulHttp, type ConsulTls } from "./http.ts";
import { checkKey, ConsulKeyWatch } from "./key_watch.ts";
import { ConsulLease } from "./lease.ts";
import { type ConsulOptions, consulSettings } from "./options.ts";
import { ConsulServiceWatch } from "./service_watch.ts";
import { checkName, toService, toWeights } from "./wire.ts";
import type { KeyValue, Registry, Resolution, Resolver } from "../registry.ts";
import { SharedWatches } from "../shared_watches.ts";

export type { ConsulOptions, ConsulTls };

/** The watches of this process. Clients that look up the same name with the same options share one watch. */
const services = new SharedWatches<Resolution>();
const keys = new SharedWatches<string | undefined>();

/**
 * Creates service discovery by Consul. As a `registry` it keeps a server registered with a health check. As a
 * `resolver` it tells a client which servers pass their checks. Kitex and Dinokit services find each other.
 *
 * An unavailable Consul is not an error, and is logged. A server keeps serving, and registers again as soon as Consul
 * answers. A client keeps its last list while Consul fails, and for `grace` if Consul lists no servers.
 *
 * @example
 * ```ts
 * import { consul } from "../../mod.ts";
 *
 * const discovery = consul("127.0.0.1:8500", { tokenFile: "/run/secrets/consul" });
 * // createServer({ name: "echoservice", registry: discovery, ... });
 * // createClient(EchoService, { name: "echoservice", resolver: discovery });
 * ```
 *
 * @param address The HTTP API of the agent: `"127.0.0.1:8500"`.
 * @param options Override the defaults.
 * @returns A registry, resolver and key-value store. Its permissions are to connect to `address` and to read
 * `tokenFile`.
 * @throws {TypeError} If the address or an option has a wrong type or form; the message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function consul(address: string, options: ConsulOptions = {}): Registry & Resolver & KeyValue {
  const { endpoint, numbers, allowed, identity } = consulSettings(address, options);
  const { datacenter, tokenFile } = options;
  const http = () => new ConsulHttp(address, endpoint);

  return {
    permissions: [
      ...netPermissions({ kind: "tcp", host: endpoint.host, port: endpoint.port }),
      ...(tokenFile === undefined ? [] : [{ name: "read", path: tokenFile } as const]),
      ...(endpoint.tls && endpoint.tls.ca === undefined ? DEFAULT_AUTHORITIES : []),
    ],
    check(registration) {
      toService(registration, numbers, "");
      toWeights(registration);
    },
    register(registration, logger) {
      const key = crypto.randomUUID();
      const lessee = { service: toService(registration, numbers, key), extraBody: toWeights(registration), key };
      return new ConsulLease(http(), lessee, logger);
    },
    watch(name, listener, logger) {
      checkName(name);
      const watched = { ...numbers, name, datacenter, allowed };
      return services.watch(
        `${identity} ${name}`,
        (notify, log) => new ConsulServiceWatch(http(), watched, notify, log),
        listener,
        logger,
      );
    },
    watchKey(key, listener, logger) {
      checkKey(key);
      const query = { wait: numbers.wait, datacenter };
      return keys.watch(
        `${identity} ${key}`,
        (notify, log) => new ConsulKeyWatch(http(), key, query, notify, log),
        listener,
        logger,
      );
    },
  };
}
