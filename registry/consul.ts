import { netPermissions } from "../base/permissions.ts";
import { DEFAULT_AUTHORITIES } from "../tls/connect.ts";
import { ConsulHttp, type ConsulTls } from "./consul_http.ts";
import { checkKey, ConsulKey } from "./consul_key.ts";
import { ConsulLease } from "./consul_lease.ts";
import { checkOptions, type ConsulOptions } from "./consul_options.ts";
import { ConsulWatch } from "./consul_watch.ts";
import { checkName, toService, toWeights } from "./consul_wire.ts";
import type { KeyValue, Registry, Resolution, Resolver } from "./registry.ts";
import { SharedWatches } from "./shared_watches.ts";

export type { ConsulOptions, ConsulTls };

/** All clients of this process that look the same thing up in the same way share one watch of it. */
const services = new SharedWatches<Resolution>();
const keys = new SharedWatches<string | undefined>();

/**
 * Service discovery by Consul: as a `registry` it keeps a server registered with its health check, as a `resolver` it
 * tells a client which servers pass. A Kitex client finds a Dinokit server by it, and a Dinokit client a Kitex server.
 *
 * A Consul that is down or forgets is no error: a server serves and registers (again) as soon as it can, a client keeps
 * the list that it has while Consul fails, and for `grace` where it lists none. The log says so.
 *
 * @example
 * ```ts
 * import { consul } from "../mod.ts";
 *
 * const discovery = consul("127.0.0.1:8500", { tokenFile: "/run/secrets/consul" });
 * // createServer({ name: "echoservice", registry: discovery, ... });
 * // createClient(EchoService, { name: "echoservice", resolver: discovery });
 * ```
 *
 * @param address The HTTP API of the agent: `"127.0.0.1:8500"`.
 * @param options How it differs from the defaults.
 * @returns A registry, resolver and store of keys that may connect to `address` and read `tokenFile`, and no more.
 * @throws {TypeError} If the address or an option has a wrong type or form; the message names it.
 * @throws {RangeError} If a number is out of range.
 */
export function consul(address: string, options: ConsulOptions = {}): Registry & Resolver & KeyValue {
  const { endpoint, numbers, allowed, identity } = checkOptions(address, options);
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
        (tell, log) => new ConsulWatch(http(), watched, tell, log),
        listener,
        logger,
      );
    },
    watchKey(key, listener, logger) {
      checkKey(key);
      const patience = { wait: numbers.wait, datacenter };
      return keys.watch(
        `${identity} ${key}`,
        (tell, log) => new ConsulKey(http(), key, patience, tell, log),
        listener,
        logger,
      );
    },
  };
}
