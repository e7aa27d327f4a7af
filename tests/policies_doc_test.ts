import { assertEquals } from "@std/assert";
import { parseConfig } from "../config/mod.ts";
import { CLIENT_POLICY } from "../policy/client_fields.ts";
import type { AnyEntry, Leaf } from "../base/options/fields.ts";
import { methodRules, serviceRules } from "../policy/client_rules.ts";
import { sharedRules } from "../policy/server_rules.ts";
import { SERVER_POLICY } from "../policy/server_fields.ts";
import { EchoService } from "../proto/echo.ts";
import { type Status, statusName } from "../mod.ts";
import { needs } from "./needs.ts";

type Row = [name: string, allowed: string, value: string];

/** The tables below the headings, in their order. */
function rowsOf(...headings: string[]): Row[] {
  const text = Deno.readTextFileSync(new URL("../docs/policies.md", import.meta.url));
  const parts = text.split(/^## /m).filter((part) => headings.some((heading) => part.startsWith(`${heading}\n`)));
  assertEquals(parts.length, headings.length);
  const rows = parts.flatMap((part) => [...part.matchAll(/^\| `([\w.]+)` *\| (.+?) *\| (.+?) *\|/gm)]);
  return rows.map(([, name, allowed, value]) => [name!, allowed!, value!.replace(/^`(.*)`$/, "$1")]);
}

/** What a declaration says of each field, as the tables say it; undefined for a default that rules compute. */
function* declared(
  entry: AnyEntry,
  path = "",
): Generator<readonly [name: string, allowed: string, value: string | undefined]> {
  if (entry.kind === "map") yield [path, entry.entry.kind === "section" ? "fields by name" : "texts by name", "{}"];
  else if (entry.kind !== "section") {
    const allowed = entry.item ? `${entry.allowed}: ${entry.item.allowed}` : entry.allowed;
    yield [path, allowed.replace(/^a number of at least (\d+), in milliseconds/, "ms from $1"), valueOf(entry)];
  } else {
    if (path) yield [path, entry.off ? "fields, or false" : "fields", undefined];
    for (const [name, one] of Object.entries(entry.entries)) yield* declared(one, path ? `${path}.${name}` : name);
  }
}

function valueOf({ fallback, required }: Leaf<unknown>): string | undefined {
  if (required) return "must be given";
  return typeof fallback === "number" ? `${fallback}` : JSON.stringify(fallback);
}

/** The values of rules by path, as the tables say them. */
function* said(value: unknown, path = ""): Generator<readonly [name: string, value: string]> {
  if (value instanceof Set) yield [path, JSON.stringify([...value].map((code: Status) => statusName(code)))];
  else if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    for (const [name, one] of Object.entries(value)) yield* said(one, path ? `${path}.${name}` : name);
  } else if (value === undefined || value === Infinity) yield [path, "none"];
  else yield [path, JSON.stringify(value)];
}

const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];
const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) => a < b ? -1 : 1;

needs(READ, "docs/policies.md has every field of a policy with its range and default", () => {
  const tables: [AnyEntry, string[]][] = [
    [CLIENT_POLICY as AnyEntry, ["Of calls", "Of a client's instances"]],
    [SERVER_POLICY as AnyEntry, ["Of a server"]],
  ];
  for (const [entry, headings] of tables) {
    const rows = rowsOf(...headings).sort(byName);
    const fields = [...declared(entry)].sort(byName);
    assertEquals(rows, fields.map(([name, allowed, value], i) => [name, allowed, value ?? rows[i]![2]]));
  }
});

needs(READ, "docs/policies.md has the defaults of clients", () => {
  const rows = new Map(rowsOf("Of calls", "Of a client's instances").map(([name, , value]) => [name, value]));
  const method = EchoService.methods.echo;
  const none = methodRules({}, method);
  const full = methodRules({ retry: {}, hedge: { delay: 0 }, breaker: {} }, method);
  const { delay: _, ...hedge } = full.hedge!;
  const defaults = [
    ...said({ ...serviceRules({}), timeout: none.timeout, retry: full.retry, hedge, breaker: full.breaker }),
  ];
  for (const [name, value] of defaults) assertEquals([name, rows.get(name)], [name, value]);
  for (const name of ["retry", "hedge", "breaker", "inject"] as const) {
    assertEquals([none[name], rows.get(name)], [undefined, "false"], name);
  }
  const told = new Set(defaults.map(([name]) => name));
  const others = [...rows].filter(([name]) => !told.has(name)).map(([name]) => name);
  // What is not filled in as a number or text: sections, and what stands in them but is not there by default.
  assertEquals(others.sort(), [
    "breaker",
    "hedge",
    "hedge.delay",
    "inject",
    "inject.delay",
    "inject.share",
    "inject.status",
    "methods",
    "outliers",
    "retry",
    "retry.perTryTimeout",
    "retryBudget",
  ]);
});

needs(READ, "docs/policies.md has the defaults of servers", () => {
  const rows = new Map(rowsOf("Of a server").map(([name, , value]) => [name, value]));
  const none = sharedRules({});
  const { rate, concurrency, overload } = sharedRules({ rate: { rate: 100 }, concurrency: {} });
  assertEquals([none.rate, none.concurrency, rows.get("rate"), rows.get("concurrency")], [
    undefined,
    undefined,
    "false",
    "false",
  ]);
  assertEquals([rate?.burst, rate?.by, rows.get("rate.by")], [10, "all", '"all"']);
  const { option: _, ...limits } = concurrency!;
  for (const [name, value] of said({ concurrency: limits })) assertEquals([name, rows.get(name)], [name, value]);
  for (const [name, value] of Object.entries(overload!)) {
    assertEquals([name, rows.get(`overload.${name}`)], [name, `${value}`]);
  }
});

needs(READ, "the settings that docs/policies.md and the comments of conf/test/conf.yaml show are right", async () => {
  const text = (name: string) => Deno.readTextFileSync(new URL(`../${name}`, import.meta.url));
  const [, block] = /^```yaml\n(.*?)^```$/ms.exec(text("docs/policies.md"))!;
  const shown = await parseConfig(`kitex: { service: a, address: :1 }\n${block}`, "docs", "test");
  assertEquals(shown.dinokit.clients?.echoservice?.retry, { attempts: 3, perTryTimeout: 200 });
  const commented = text("conf/test/conf.yaml").replaceAll(/^( *)# (?=\w+:| {2})/gm, "$1");
  const { dinokit, kitex } = await parseConfig(commented, "conf", "test");
  assertEquals([dinokit.clients?.echoservice?.timeout, dinokit.server, kitex.logMaxSize], [
    2000,
    { concurrency: { limit: "adaptive" } },
    10,
  ]);
});
