import { visible } from "../base/visible.ts";

/** `deno fmt` did not format a text: it is no such text, or the formatter crashed. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/**
 * Formats as `deno fmt` does with lines of 120.
 *
 * @param text The text.
 * @param ext The kind of file: `"ts"`, `"json"`, `"md"`.
 * @throws {FormatError} If that fails.
 */
export async function format(text: string, ext = "ts"): Promise<string> {
  const child = spawn(thisDeno(), ext);
  // One that crashes does not read to the end.
  const written = new Blob([text]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ success, stdout, stderr, signal }] = await Promise.all([child.output(), written]);
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new FormatError(`deno fmt failed: ${signal ?? said}`);
}

/**
 * Formats TypeScript. Where the formatter fails, the text stays as it is: it is code all the same.
 *
 * @param path Where the text is to be written.
 * @param warn Is told what happened.
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

/** The command of this Deno. A permission to run "deno" is one for what PATH finds, which may be a link to it. */
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
