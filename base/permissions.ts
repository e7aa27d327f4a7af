import { sep as SEPARATOR } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "./address.ts";

/**
 * The permissions that reading the settings needed. Every complete command lists them, because the program reads its
 * settings at each start.
 */
const settings: Deno.PermissionDescriptor[] = [];

/** Adds permissions to the commands that later errors of {@linkcode requirePermissions} show. */
export function rememberPermissions(permissions: readonly Deno.PermissionDescriptor[]): void {
  const known = new Set(settings.map(describe));
  settings.push(...permissions.filter((permission) => !known.has(describe(permission))));
}

/**
 * Checks that Deno grants all needed permissions. It is called before anything starts, so that nothing fails half way.
 *
 * @param who The function that needs the permissions, for the error: `createServer("echoservice")`.
 * @param needed The needed permissions.
 * @param note An additional line of the error.
 * @throws {Deno.errors.NotCapable} If a permission is missing. The error lists the missing permissions, and shows the
 * complete command and permission set.
 */
export function requirePermissions(who: string, needed: readonly Deno.PermissionDescriptor[], note?: string): void {
  const missing = needed.filter(isMissing).map(describe);
  if (missing.length === 0) return;
  const all = byName([...settings, ...needed]);
  const flags = [...all].map(([name, values]) =>
    quoted(`--allow-${name}${values.length ? `=${values.join(",")}` : ""}`)
  );
  const set = Object.fromEntries([...all].map(([name, values]) => [name, values.length ? values : true]));
  throw new Deno.errors.NotCapable(
    `${who} needs permissions that this process does not have: ${[...new Set(missing)].join("; ")}\n` +
      `  Run it with these flags, and those of your own code:\n    deno run ${flags.join(" ")} ${mainModule()}\n` +
      `  Or in deno.json:\n    "permissions": { "NAME": ${
        JSON.stringify(set)
      } }\n    deno run -P=NAME ${mainModule()}` +
      (note ? `\n  ${note}` : ""),
  );
}

/**
 * Returns the permissions to listen on or connect to an address. A unix socket needs read and write permission for its
 * file too.
 */
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

/**
 * Returns the host, path or variable of a permission, or an empty text. A descriptor has at most one such field in
 * addition to its name.
 */
function valueOf({ name: _, ...rest }: Deno.PermissionDescriptor): string {
  return String(Object.values(rest)[0] ?? "");
}

function byName(list: readonly Deno.PermissionDescriptor[]): Map<string, string[]> {
  const names = new Map<string, Set<string>>();
  for (const permission of list) {
    if (!names.has(permission.name)) names.set(permission.name, new Set());
    if (valueOf(permission)) names.get(permission.name)!.add(valueOf(permission));
  }
  const whole = (name: string) => list.some((permission) => permission.name === name && !valueOf(permission));
  return new Map([...names].map(([name, values]) => [name, whole(name) ? [] : [...values]]));
}

const isMissing = (permission: Deno.PermissionDescriptor) => Deno.permissions.querySync(permission).state !== "granted";

const describe = (permission: Deno.PermissionDescriptor) => `${permission.name} ${valueOf(permission)}`.trim();

/** Returns a word as a shell accepts it: in quotes if it has special characters. */
const quoted = (word: string) => /^[\w./:,=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Returns the path or URL of the program, as `deno run` takes it in the current folder. */
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
