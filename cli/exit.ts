import type { Status } from "../mod.ts";

/** What the command ends with. Scripts rely on these: docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** A call that ended with a gRPC status other than OK: as grpcurl does. */
  status: (code: Status): number => 64 + code,
};

/** What went wrong, for people: the message, what to do next, and the exit code. */
export class Failure extends Error {
  override name = "Failure";

  /**
   * @param message What went wrong.
   * @param next The command that leads on, or what else to do.
   * @param code The exit code.
   */
  constructor(message: string, readonly next?: string, readonly code: number = EXIT.failed) {
    super(message);
  }
}

/** The system refuses: a folder where a file must be, a disk that is full. */
export const isOfSystem = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && /^E[A-Z\d]+$/.test(String(error.code)) &&
  / \(os error \d+\)/.test(error.message);

/** Runs what checks arguments: what it does not take is wrong usage. */
export function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw misused(error);
  }
}

/** The same, of a whole command that checks them on its way. */
export async function checkedAll<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw misused(error);
  }
}

const misused = (error: unknown) =>
  error instanceof TypeError || error instanceof RangeError ? new Failure(error.message, undefined, EXIT.usage) : error;
