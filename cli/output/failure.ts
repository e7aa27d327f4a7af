import type { Status } from "../../mod.ts";

/** The exit codes of the command. Scripts rely on them; docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The exit code of a call that ended with a gRPC status other than OK, as in grpcurl. */
  status: (code: Status): number => 64 + code,
};

/** A failure that is reported to the user: a message, a next step and the exit code. */
export class Failure extends Error {
  override name = "Failure";

  /**
   * @param summary What went wrong, in one line.
   * @param next The next step: a command to run, or advice.
   * @param code The exit code.
   * @param more Further lines of the message.
   */
  constructor(
    readonly summary: string,
    readonly next?: string,
    readonly code: number = EXIT.failed,
    more: readonly string[] = [],
  ) {
    super([summary, ...more].join("\n  "));
  }
}

/**
 * Returns what the operating system reported, such as a folder in place of a file, or a full disk; undefined for other
 * errors. Deno gives the path and the reason only in the text, and errors of Node have codes too. This is the only
 * place that reads these texts. It can go when Deno's errors have such fields.
 */
export function problemOfSystem(error: unknown): string | undefined {
  if (!(error instanceof Error && "code" in error && /^E[A-Z\d]+$/.test(String(error.code)))) return undefined;
  if (!/ \(os error \d+\)/.test(error.message)) return undefined;
  const [, why, path] = /^(.*) \(os error \d+\)(?:: \w+ '(.*)'.*)?$/s.exec(error.message) ?? [, error.message];
  return path ? `${path}: ${why}` : why;
}

/** Runs a check of arguments. Its TypeErrors and RangeErrors become usage errors. */
export function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw misused(error);
  }
}

/** Runs a command that checks its arguments as it goes. Its TypeErrors and RangeErrors become usage errors. */
export async function checkedAll<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw misused(error);
  }
}

const misused = (error: unknown) =>
  error instanceof TypeError || error instanceof RangeError ? new Failure(error.message, undefined, EXIT.usage) : error;
