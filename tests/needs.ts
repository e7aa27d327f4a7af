/** A test's body: what `Deno.test` takes. */
type Body = (t: Deno.TestContext) => void | Promise<void>;

/**
 * Registers a test that needs permissions. Where one is missing, as in a plain `deno test`, the test is shown as
 * ignored and its name says which flags it wants.
 *
 * @param permissions All that it touches.
 * @param name What it shows.
 * @param fn Its body.
 * @param options Further options of `Deno.test`.
 */
export function needs(
  permissions: Deno.PermissionDescriptor[],
  name: string,
  fn: Body,
  options: Partial<Deno.TestDefinition> = {},
): void {
  const missing = permissions.filter((permission) => Deno.permissions.querySync(permission).state !== "granted");
  if (missing.length === 0) return Deno.test({ ...options, name, fn });
  const flags = [...new Set(missing.map((permission) => `--allow-${permission.name}`))].join(" ");
  Deno.test({ name: `${name} (ignored: needs ${flags})`, ignore: true, fn });
}
