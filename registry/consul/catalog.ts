import { abortsAfter } from "../../base/time.ts";
import { ConsulError } from "./error.ts";
import { ConsulHttp } from "./http.ts";
import { type ConsulOptions, consulSettings } from "./options.ts";
import type { JsonReader } from "./json_reader.ts";

/**
 * A service in Consul's catalog, for the command line. The instances that a client calls are queried by
 * service_watch.ts.
 */
export interface CatalogService {
  readonly name: string;
  /** All registered instances, in any state of health. */
  readonly instances: readonly CatalogInstance[];
  /** Why the instances could not be listed. Consul accepts some names, such as `..`, that no URL leads to. */
  readonly error?: string;
}

/** An instance in Consul's catalog, including unhealthy ones. */
export interface CatalogInstance {
  /** The host and port, as registered. */
  readonly address: string;
  /** The name of the instance's machine. */
  readonly node: string;
  /** The worst state among the instance's checks. */
  readonly health: "passing" | "warning" | "critical" | "maintenance";
  readonly weight: number;
  readonly tags: readonly string[];
}

/** How many services are requested concurrently. */
const MAX_CONCURRENT_REQUESTS = 8;
const TIMEOUT_MS = 8000;
const TOTAL_TIMEOUT_MS = 16_000;

/**
 * Lists all services of Consul and their instances, once.
 *
 * @param address The HTTP API of the agent: `"127.0.0.1:8500"`.
 * @param options The options of `consul()`.
 * @param stop Cancels the listing, which then throws the signal's reason.
 * @param timeout The limit for the whole listing, in milliseconds.
 * @returns The services by name.
 * @throws {ConsulError} If Consul can't be reached, or if the token lacks permission.
 */
export async function consulCatalog(
  address: string,
  options: ConsulOptions,
  stop: AbortSignal,
  timeout: number = TOTAL_TIMEOUT_MS,
): Promise<CatalogService[]> {
  const http = new ConsulHttp(address, consulSettings(address, options).endpoint);
  const dc = options.datacenter;
  const late = abortsAfter(timeout);
  const limits = { timeout: TIMEOUT_MS, signal: AbortSignal.any([stop, late]), isList: true };
  const ask = async <T>(request: Parameters<ConsulHttp["ask"]>[0], read: (json: JsonReader) => T) => {
    try {
      const [, body] = await http.ask(request, limits);
      return await http.read(body, read);
    } catch (error) {
      stop.throwIfAborted();
      const why = `Consul at ${address} did not tell all its services within ${timeout} ms`;
      throw late.aborted ? new ConsulError(why, "timeout", error) : error;
    }
  };
  const names = await ask(
    (api, more) => api.catalog.service.list({ ...more, dc }),
    (json) => [...json.fields()].sort(),
  );
  const services: CatalogService[] = [];
  const asked = names.entries();
  await Promise.all(Array.from({ length: MAX_CONCURRENT_REQUESTS }, async () => {
    for (const [i, name] of asked) {
      services[i] = await ask((api, more) => api.health.service({ ...more, dc, service: name }), readAll).then(
        (instances) => ({ name, instances }),
        (error: ConsulError) => {
          if (!isAboutOne(error)) throw error;
          return { name, instances: [], error: error.message };
        },
      );
    }
  }));
  return services;
}

/** Returns whether an error concerns one service only. */
const isAboutOne = ({ kind, refused }: ConsulError) => kind === "too large" || (refused && kind !== 403);

function readAll(json: JsonReader): CatalogInstance[] {
  const instances: CatalogInstance[] = [];
  for (const _ of json.items()) instances.push(readInstance(json));
  return instances.sort((a, b) => a.address < b.address ? -1 : 1);
}

/** Reads one entry of the answer to `/v1/health/service`. */
function readInstance(json: JsonReader): CatalogInstance {
  const node = { name: "", host: "" };
  const service = { host: "", port: 0, weight: 1, tags: [] as string[] };
  const checks: Check[] = [];
  for (const part of json.fields()) {
    if (part === "Checks") { for (const _ of json.items()) checks.push(readCheck(json)); }
    else if (part === "Service") readService(json, service);
    else if (part === "Node") {
      for (const field of json.fields()) {
        if (field === "Node") node.name = json.text() ?? "";
        else if (field === "Address") node.host = json.text() ?? "";
      }
    }
  }
  const { host, port, weight, tags } = service;
  const address = `${withBrackets(host || node.host)}:${port}`;
  return { address, node: node.name, health: worst(checks), weight, tags };
}

function readService(json: JsonReader, service: { host: string; port: number; weight: number; tags: string[] }): void {
  for (const field of json.fields()) {
    if (field === "Address") service.host = json.text() ?? "";
    else if (field === "Port") service.port = json.number() ?? 0;
    else if (field === "Tags") { for (const _ of json.items()) service.tags.push(json.text() ?? ""); }
    else if (field === "Weights") {
      for (const state of json.fields()) if (state === "Passing") service.weight = json.number() ?? 1;
    }
  }
}

/** A health check of an instance or its node. */
interface Check {
  id: string;
  status: string;
}

function readCheck(json: JsonReader): Check {
  const check = { id: "", status: "" };
  for (const field of json.fields()) {
    if (field === "CheckID") check.id = json.text() ?? "";
    else if (field === "Status") check.status = json.text() ?? "";
  }
  return check;
}

const withBrackets = (host: string) => host.includes(":") ? `[${host}]` : host;

function worst(checks: readonly Check[]): CatalogInstance["health"] {
  if (checks.some(({ id }) => /^_(node|service)_maintenance/.test(id))) return "maintenance";
  const has = (state: string) => checks.some(({ status }) => status === state);
  return has("critical") ? "critical" : has("warning") ? "warning" : "passing";
}
