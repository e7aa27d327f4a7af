import { abortsAfter } from "../../base/time.ts";
import { thisDeno } from "../generate/format.ts";

/**
 * Writes deno.lock for the imports in the project's deno.json. CI and the image use only locked packages.
 *
 * @param host The host of the kit's module, if Deno imports it only with permission. Named by its flag, as `deno
 * install` of Deno 2.5 does not know `-P`.
 * @returns Deno's message if writing failed, for example without a network.
 */
export async function writeLock(root: string, host: string | undefined): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(thisDeno(), {
    args: ["install", "--quiet", ...host === undefined ? [] : [`--allow-import=${host}`]],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: abortsAfter(60_000),
  }).output();
  return success ? undefined : new TextDecoder().decode(stderr).split("\n\n")[0]!.trim();
}
