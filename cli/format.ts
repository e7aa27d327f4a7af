/**
 * Formats as `deno fmt` does with lines of 120.
 *
 * @param text What.
 * @param ext Of which kind of file: `"ts"`, `"json"`, `"md"`.
 * @throws {Error} If it is no such text.
 */
export async function format(text: string, ext = "ts"): Promise<string> {
  const child = spawn(thisDeno(), ext);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
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
