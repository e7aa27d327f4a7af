/**
 * The data that a server registers in Consul, in the form that Kitex uses.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../../base/address.ts";
import { isWildcard } from "../advertise.ts";
import type { JsonReader } from "./json_reader.ts";
import type { Registration } from "../registry.ts";

/** The key in a service's `Meta` whose value is unique for each lease. It reveals when another process takes the ID. */
export const LEASE_KEY = "dinokit-instance";

/** The times of a health check, in milliseconds. */
export interface CheckTimes {
  readonly checkInterval: number;
  readonly checkTimeout: number;
  readonly deregisterCriticalServiceAfter: number;
}

/** A service in the form of npm:consul's `agent.service.register`. */
export interface ConsulService extends Record<string, unknown> {
  readonly name: string;
  readonly id: string;
  readonly check: Readonly<Record<string, string>>;
}

/** Whether Consul can hold a service of this name. */
export const isServiceName = (name: unknown): boolean => typeof name === "string" && /^[\w.-]{1,128}$/.test(name);

/**
 * Checks the name of a service. Consul itself accepts names that no URL and no DNS name can hold.
 *
 * @throws {TypeError} If it is empty or has characters other than letters, digits, `.`, `_` and `-`.
 */
export function checkName(name: string): void {
  if (isServiceName(name)) return;
  throw new TypeError(
    `consul: name is ${
      JSON.stringify(name)
    }; use 1 to 128 letters, digits, ".", "_" and "-", for example "echoservice"`,
  );
}

/**
 * Creates the service to register.
 *
 * @param registration The server's registration.
 * @param times The times of its check.
 * @param lease The value of {@linkcode LEASE_KEY}.
 * @throws {TypeError} If Consul or Kitex can't hold a field; the message names it.
 */
export function toService(registration: Registration, times: CheckTimes, lease: string): ConsulService {
  const { name, healthUrl, tags = {}, meta = {} } = registration;
  checkName(name);
  const { host, port } = checkAddress(registration.address);
  const address = formatAddress({ kind: "tcp", host, port });
  if (healthUrl !== undefined && !/^https?:$/.test(URL.parse(healthUrl)?.protocol ?? "")) {
    throw new TypeError(
      `consul: healthUrl is ${JSON.stringify(healthUrl)}; use a URL such as "http://127.0.0.1:8889/health"`,
    );
  }
  return {
    name,
    id: `${name}:${address}`,
    address: host,
    port,
    tags: toTags(tags),
    meta: { ...checkMeta(meta), [LEASE_KEY]: lease },
    check: {
      ...(healthUrl === undefined ? { tcp: address } : { http: healthUrl }),
      interval: `${times.checkInterval}ms`,
      timeout: `${times.checkTimeout}ms`,
      // The server already answers. If the check started as critical, clients would avoid the server until the first
      // check.
      status: "passing",
      deregistercriticalserviceafter: `${times.deregisterCriticalServiceAfter}ms`,
    },
  };
}

/** Returns the weight of a registration in Consul's form. npm:consul has no field for it. */
export function toWeights({ weight = 10 }: Registration): Record<string, unknown> {
  if (!Number.isInteger(weight) || weight < 1 || weight > 65535) {
    throw new TypeError(`consul: weight is ${weight}; use a whole number from 1 to 65535`);
  }
  return { Weights: { Passing: weight, Warning: weight } };
}

function checkAddress(text: string): { host: string; port: number } {
  const address = parseAddress(text, "consul: address");
  const fail = (why: string) => new TypeError(`consul: address ${JSON.stringify(text)} ${why}`);
  if (address.kind !== "tcp") {
    throw fail(`can't be registered: Consul holds a host and a port, such as "192.0.2.7:8888"`);
  }
  if (address.port === 0) throw fail("has port 0; register the port that the server listens on");
  if (isWildcard(address.host)) throw fail("is a wildcard; register an address that other machines reach");
  return address;
}

function toTags(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(tags).map(([key, value]) => {
    if (/^[^:\p{Cc}]+$/u.test(key) && /^\P{Cc}*$/u.test(value)) return `${key}:${value}`;
    throw new TypeError(
      `consul: tags[${JSON.stringify(key)}] is ${JSON.stringify(value)}; ` +
        `use a key of at least one character without ":", and no control characters`,
    );
  });
}

/** Checks the metadata against Consul's limits. */
function checkMeta(meta: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(meta);
  // One of Consul's 64 entries is LEASE_KEY.
  if (entries.length > 63) throw new TypeError(`consul: meta has ${entries.length} entries; use at most 63`);
  for (const [key, value] of entries) {
    if (key === LEASE_KEY) {
      throw new TypeError(`consul: meta[${JSON.stringify(key)}] is Dinokit's own; use another key`);
    }
    if (/^[\w-]{1,128}$/.test(key) && typeof value === "string" && new Blob([value]).size <= 512) continue;
    throw new TypeError(
      `consul: meta[${JSON.stringify(key)}] is ${JSON.stringify(value)}; ` +
        `use a key of 1 to 128 letters, digits, "_" and "-", and a value of at most 512 bytes`,
    );
  }
  return meta;
}

/**
 * Reads the answer to `/v1/agent/services`.
 *
 * @param id The ID of a service.
 * @returns The value of {@linkcode LEASE_KEY} of that service: undefined if the service is absent, `""` if it has no
 * such key.
 */
export function readHolder(json: JsonReader, id: string): string | undefined {
  let holder: string | undefined;
  for (const service of json.fields()) {
    if (service !== id) continue;
    holder = "";
    for (const field of json.fields()) {
      if (field !== "Meta") continue;
      for (const key of json.fields()) if (key === LEASE_KEY) holder = json.text() ?? "";
    }
  }
  return holder;
}
