import { BizError, RpcError, Status, statusName } from "../mod.ts";
import { EXIT, Failure } from "./exit.ts";
import { NoReflection, SchemaError } from "./schema_source.ts";

/** Turns what a command throws into what is to be said of it. @throws {unknown} What is none of its business. */
export function telling<A extends unknown[]>(
  action: (target: string, ...rest: A) => Promise<void>,
): (target: string, ...rest: A) => Promise<void> {
  return async (target, ...rest) => {
    try {
      await action(target, ...rest);
    } catch (error) {
      throw callFailure(error, target);
    }
  };
}

/** What is to be said of a call that failed: its status, and what may help. `details` are those of the error, for people. */
export function callFailure(thrown: unknown, target: string, details: readonly string[] = []): Failure {
  const isAbort = thrown instanceof Error && thrown.name === "AbortError";
  const error = isAbort ? new RpcError(Status.CANCELLED, "interrupted", { cause: thrown }) : thrown;
  if (error instanceof Failure) return error;
  if (error instanceof NoReflection) return new Failure(error.message, "the same with --proto FILE.proto");
  if (error instanceof SchemaError) return new Failure(error.message, `dinokit list ${target} --methods`);
  if (error instanceof BizError) {
    const extra = Object.entries(error.extra).map(([key, value]) => `\n  ${key}: ${value}`).join("");
    return new Failure(`business error ${error.code}: ${error.message}${extra}`);
  }
  if (!(error instanceof RpcError)) throw error;
  const text = `${statusName(error.code)}${error.rawMessage && `: ${error.rawMessage}`}`;
  return new Failure(
    [text, ...details.map((one) => `detail: ${one}`)].join("\n  "),
    nextAfter(error.code, target),
    EXIT.status(error.code),
  );
}

function nextAfter(code: Status, target: string): string | undefined {
  const name = /^consul:(.+)/.exec(target)?.[1];
  if (code === Status.UNAVAILABLE) {
    return name
      ? "dinokit list --consul ADDRESS, for what is registered"
      : `dinokit health ${target}; is the server running there?`;
  }
  if (code === Status.UNIMPLEMENTED) return `dinokit list ${target} --methods, for what the server has`;
  if (code === Status.DEADLINE_EXCEEDED) return "give it more time with --timeout";
  if (code === Status.UNAUTHENTICATED) return "give credentials with -H 'authorization: Bearer TOKEN'";
}
