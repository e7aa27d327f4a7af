import { abortsAfter } from "../rpc/time.ts";
import { type Answer, ConsulHttp } from "./consul_http.ts";
import { checkOptions, type ConsulOptions } from "./consul_options.ts";

/** A service as Consul lists it, for people. */
export interface CatalogService {
  readonly name: string;
  /** All that are registered, whatever their checks say. */
  readonly instances: readonly CatalogInstance[];
}

/** An instance, also one that no client would call. */
export interface CatalogInstance {
  /** Its host and port, as they were registered. */
  readonly address: string;
  /** The machine's name. */
  readonly node: string;
  /** The worst state of its checks. */
  readonly health: "passing" | "warning" | "critical" | "maintenance";
  readonly weight: number;
  readonly tags: readonly string[];
}

/** How many services are asked for at one time. */
const AT_ONCE = 8;
const TIMEOUT = 8000;

/**
 * Asks Consul for all services and their instances, once.
 *
 * @param address The HTTP API of the agent: `"127.0.0.1:8500"`.
 * @param options As those of `consul()`.
 * @param stop Ends it: it throws the reason then.
 * @returns The services by name.
 * @throws {ConsulError} If it can't be asked, or one with this token may not.
 */
export async function consulCatalog(
  address: string,
  options: ConsulOptions,
  stop: AbortSignal,
): Promise<CatalogService[]> {
  const http = new ConsulHttp(address, checkOptions(address, options).endpoint);
  const dc = options.datacenter;
  const limits = { timeout: TIMEOUT, signal: AbortSignal.any([stop, abortsAfter(2 * TIMEOUT)]) };
  const ask = (request: Parameters<ConsulHttp["ask"]>[0]) =>
    http.ask(request, limits).catch((error) => {
      stop.throwIfAborted();
      throw error;
    });
  const [, listed] = await ask((api, more) => api.catalog.service.list({ ...more, dc }));
  const names = Object.keys(listed as Record<string, unknown>).sort();
  const services: CatalogService[] = [];
  const asked = names.entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [i, name] of asked) {
      const answer = await ask((api, more) => api.health.service({ ...more, dc, service: name }));
      services[i] = { name, instances: readAll(answer) };
    }
  }));
  return services;
}

/** One entry of Consul's answer to `/v1/health/service`. */
interface Entry {
  Node: { Node: string; Address: string };
  Service: { Address: string; Port: number; Weights?: { Passing?: number }; Tags?: string[] | null };
  Checks: { CheckID: string; Status: string }[];
}

function readAll([, body]: Answer): CatalogInstance[] {
  return (body as Entry[]).map(({ Node, Service, Checks }) => ({
    address: `${withBrackets(Service.Address || Node.Address)}:${Service.Port}`,
    node: Node.Node,
    health: worst(Checks),
    weight: Service.Weights?.Passing ?? 1,
    tags: Service.Tags ?? [],
  })).sort((a, b) => a.address < b.address ? -1 : 1);
}

const withBrackets = (host: string) => host.includes(":") ? `[${host}]` : host;

function worst(checks: Entry["Checks"]): CatalogInstance["health"] {
  if (checks.some(({ CheckID }) => /^_(node|service)_maintenance/.test(CheckID))) return "maintenance";
  const has = (state: string) => checks.some(({ Status }) => Status === state);
  return has("critical") ? "critical" : has("warning") ? "warning" : "passing";
}
