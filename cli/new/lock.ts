import { abortsAfter } from "../../base/time.ts";
import { thisDeno } from "../generate/format.ts";

/**
 * Writes deno.lock for the imports in the project's deno.json. CI and the image use only locked packages.
 *
 * @returns Deno's message if writing failed, for example without a network.
 */
export async function writeLock(root: string): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(thisDeno(), {
    args: ["install", "--quiet", "-P=test"],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: abortsAfter(60_000),
  }).output();
  return success ? undefined : new TextDecoder().decode(stderr).split("\n\n")[0]!.trim();
}
