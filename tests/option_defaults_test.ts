import { assert, assertEquals } from "@std/assert";
import type { AnyEntry } from "../base/options/fields.ts";
import { CLIENT_OPTIONS } from "../client/options.ts";
import * as client from "../policy/client_fields.ts";
import * as server from "../policy/server_fields.ts";
import { DETACHED_OPTIONS } from "../rpc/detached.ts";
import { CONSUL_OPTIONS } from "../registry/consul/options.ts";
import { SERVER_OPTIONS } from "../server/option_fields.ts";
import { LIMITS } from "../transport/limit_fields.ts";
import { needs } from "./needs.ts";

/** The declarations by the interface that documents them, and its file. */
const DECLARED: readonly (readonly [file: string, name: string, entries: object])[] = [
  ["client/options.ts", "ClientOptions", CLIENT_OPTIONS],
  ["server/options.ts", "ServerOptions", SERVER_OPTIONS],
  ["server/options.ts", "HealthOptions", SERVER_OPTIONS.health.entries],
  ["registry/consul/options.ts", "ConsulOptions", CONSUL_OPTIONS],
  ["transport/limits.ts", "Limits", LIMITS.entries],
  ["rpc/detached.ts", "DetachedOptions", DETACHED_OPTIONS],
  ["policy/call_policy.ts", "MethodPolicy", { timeout: client.TIMEOUT }],
  ["policy/call_policy.ts", "RetryPolicy", client.RETRY.entries],
  ["policy/call_policy.ts", "HedgePolicy", client.HEDGE.entries],
  ["policy/call_policy.ts", "BreakerPolicy", client.BREAKER.entries],
  ["policy/policy.ts", "OutlierPolicy", client.OUTLIERS.entries],
  ["policy/policy.ts", "RetryBudget", client.RETRY_BUDGET.entries],
  ["policy/server_policy.ts", "RatePolicy", server.RATE.entries],
  ["policy/server_policy.ts", "ConcurrencyPolicy", server.CONCURRENCY.entries],
  ["policy/server_policy.ts", "OverloadPolicy", server.OVERLOAD.entries],
];

/** The fields of an interface, with the value in their `@default {value}`. A default in words is left out. */
function documented(file: string, name: string): Map<string, unknown> {
  const text = Deno.readTextFileSync(new URL(`../${file}`, import.meta.url));
  const [, body] = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, "ms").exec(text)!;
  const fields = body!.matchAll(/\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s+(\w+)\??:/g);
  return new Map([...fields].flatMap(([, comment, field]) => {
    const [, value] = /@default \{(.*?)\}/.exec(comment!) ?? [];
    const isLiteral = value !== undefined && /^(-?\d.*|Infinity|true|false|".*"|\[.*\])$/.test(value);
    return isLiteral ? [[field!, new Function(`return ${value}`)()] as const] : [];
  }));
}

needs([{ name: "read" }], "the comments of options and policies name the defaults that are declared", () => {
  for (const [file, name, entries] of DECLARED) {
    const fallbacks = Object.entries(entries as Record<string, AnyEntry>).flatMap(([field, entry]) =>
      "fallback" in entry && entry.fallback !== undefined ? [[field, entry.fallback] as const] : []
    );
    assert(fallbacks.length > 0, name);
    const told = documented(file, name);
    for (const [field, value] of fallbacks) assertEquals([name, field, told.get(field)], [name, field, value]);
  }
});
