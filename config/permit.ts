/**
 * Checks that a path may be touched, without asking the person at the terminal.
 *
 * @param name Whether it is read or written.
 * @param path The path.
 * @param who What wants it, for the message.
 * @param grant What to grant for it.
 * @throws {Deno.errors.NotCapable} If it may not; the message names the path and the flag.
 */
export function permit(name: "read" | "write", path: string, who: string, grant: string = path): void {
  if (Deno.permissions.querySync({ name, path }).state === "granted") return;
  throw new Deno.errors.NotCapable(`${who}: may not ${name} ${path}; run with --allow-${name}=${grant}`);
}
