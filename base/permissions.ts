import { sep as SEPARATOR } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "./address.ts";

/** What the settings needed: part of any complete command, as a program that is run again reads them again. */
const settings: Deno.PermissionDescriptor[] = [];

/** Has later messages of {@linkcode requirePermissions} list these too. */
export function rememberPermissions(permissions: readonly Deno.PermissionDescriptor[]): void {
  const known = new Set(settings.map(describe));
  settings.push(...permissions.filter((one) => !known.has(describe(one))));
}

/**
 * Checks before anything starts that Deno grants all that is needed, so that nothing fails half way.
 *
 * @param who What needs them, for the message: `createServer("echoservice")`.
 * @param needed All that it touches.
 * @param note What else to know, as a line of the message.
 * @throws {Deno.errors.NotCapable} If something is missing: the message lists it, and the complete command and
 * permission set to use.
 */
export function requirePermissions(who: string, needed: readonly Deno.PermissionDescriptor[], note?: string): void {
  const missing = needed.filter((one) => Deno.permissions.querySync(one).state !== "granted").map(describe);
  if (missing.length === 0) return;
  const all = byName([...settings, ...needed]);
  const flags = [...all].map(([name, values]) =>
    quoted(`--allow-${name}${values.length ? `=${values.join(",")}` : ""}`)
  );
  const set = Object.fromEntries([...all].map(([name, values]) => [name, values.length ? values : true]));
  throw new Deno.errors.NotCapable(
    `${who} needs permissions that this process does not have: ${[...new Set(missing)].join("; ")}\n` +
      `  Run it with these, beside what it needs for itself:\n    deno run ${flags.join(" ")} ${mainModule()}\n` +
      `  Or in deno.json:\n    "permissions": { "NAME": ${
        JSON.stringify(set)
      } }\n    deno run -P=NAME ${mainModule()}` +
      (note ? `\n  ${note}` : ""),
  );
}

/** The net permission to listen on or connect to an address; for a unix socket that is its file as well. */
export function netPermissions(address: Address): Deno.PermissionDescriptor[] {
  if (address.kind === "memory") return [];
  if (address.kind === "tcp") {
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return [{ name: "net", host: `${host}:${address.port}` }];
  }
  return [{ name: "read", path: address.path }, { name: "write", path: address.path }, {
    name: "net",
    host: `unix:${address.path}`,
  }];
}

/** The host, path or variable: every descriptor has one such field beside its name, or none. */
function valueOf({ name: _, ...rest }: Deno.PermissionDescriptor): string {
  return String(Object.values(rest)[0] ?? "");
}

function byName(list: readonly Deno.PermissionDescriptor[]): Map<string, string[]> {
  const names = new Map<string, Set<string>>();
  for (const one of list) {
    if (!names.has(one.name)) names.set(one.name, new Set());
    if (valueOf(one)) names.get(one.name)!.add(valueOf(one));
  }
  const whole = (name: string) => list.some((one) => one.name === name && !valueOf(one));
  return new Map([...names].map(([name, values]) => [name, whole(name) ? [] : [...values]]));
}

const describe = (one: Deno.PermissionDescriptor) => `${one.name} ${valueOf(one)}`.trim();

/** A word as a shell takes it. */
const quoted = (word: string) => /^[\w./:,=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The program, as it can be run from here. */
function mainModule(): string {
  try {
    if (!Deno.mainModule.startsWith("file:")) return quoted(Deno.mainModule);
    const path = fileURLToPath(Deno.mainModule);
    const here = `${Deno.cwd()}${SEPARATOR}`;
    return quoted(path.startsWith(here) ? path.slice(here.length) : path);
  } catch {
    return "main.ts";
  }
}
