import { visible } from "../../base/text/visible.ts";

/** Reports that `deno fmt` could not format a text: the syntax is wrong, or the formatter crashed. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/**
 * Formats a text with `deno fmt` and a line width of 120.
 *
 * @param text The text.
 * @param ext The file extension: `"ts"`, `"json"`, `"md"`.
 * @throws {FormatError} If formatting fails.
 */
export async function format(text: string, ext = "ts"): Promise<string> {
  const child = spawn(thisDeno(), ext);
  // A formatter that crashes does not read its whole input.
  const written = new Blob([text]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ success, stdout, stderr, signal }] = await Promise.all([child.output(), written]);
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new FormatError(`deno fmt failed: ${signal ?? said}`);
}

/**
 * Formats TypeScript. If the formatter fails, returns the text unchanged, because it is valid code anyway.
 *
 * @param path The path of the output file, for the warning.
 * @param warn Receives a warning if the formatter fails.
 */
export async function formatted(text: string, path: string, warn: (line: string) => void): Promise<string> {
  try {
    return await format(text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    warn(visible(`warning: ${path} is not formatted: ${error.message}`));
    return text;
  }
}

/**
 * Returns the command of the running Deno. The permission to run "deno" applies to the one on PATH, which may be a
 * link.
 */
export function thisDeno(): string {
  const own = Deno.execPath();
  return Deno.permissions.querySync({ name: "run", command: own }).state === "granted" ? own : "deno";
}

function spawn(deno: string, ext: string): Deno.ChildProcess {
  try {
    return new Deno.Command(deno, {
      args: ["fmt", "--quiet", "--no-config", "--line-width", "120", "--ext", ext, "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotCapable(
      `there is no deno on PATH to format with; run again with --allow-run=${Deno.execPath()}`,
    );
  }
}
