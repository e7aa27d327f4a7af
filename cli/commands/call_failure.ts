import { BizError, RpcError, Status, statusName } from "../../mod.ts";
import type { ConsulError } from "../../registry/consul/error.ts";
import { visible } from "../../base/text/visible.ts";
import type { Command } from "../deps.ts";
import { EXIT, Failure } from "../output/failure.ts";
import { ConnectError } from "../../transport/connect_error.ts";
import { TLS_FLAGS } from "./tls_flags.ts";
import { type TypedFlags, type TypedTarget, typedTarget } from "./typed_target.ts";
import { answersNoGrpc, NoReflection, ReflectionRefused, SchemaError } from "../schema/schema_source.ts";

/**
 * Wraps an action so that errors become failures with a message and the next step.
 *
 * @param action The action. Its arguments are those of the command, the target first, then the flags.
 * @throws {unknown} Errors that are not about calls.
 */
export function telling<A extends unknown[]>(
  action: (...args: A) => Promise<void>,
): (...args: [...A, Command]) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args as unknown as A);
    } catch (error) {
      const command = args.at(-1) as Command;
      throw callFailure(error, typedTarget(args[0] as string | undefined, command.opts<TypedFlags>()));
    }
  };
}

/**
 * Converts the error of a failed call to a failure: its status, and a next step that may help. `details` are the
 * error's details as text.
 */
export function callFailure(thrown: unknown, typed: TypedTarget, details: readonly string[] = []): Failure {
  const isCancelled = thrown instanceof RpcError && thrown.code === Status.CANCELLED;
  const reason = isCancelled ? thrown.cause : thrown;
  const isAbort = reason instanceof Error && reason.name === "AbortError";
  const error = isAbort ? new RpcError(Status.CANCELLED, "interrupted", { cause: thrown }) : thrown;
  if (error instanceof Failure) return error;
  if (error instanceof NoReflection) return new Failure(visible(error.message), "the same with --proto FILE.proto");
  if (error instanceof SchemaError) {
    return new Failure(visible(error.message), `dinokit list ${typed.schema} --methods`);
  }
  if (error instanceof BizError) {
    const extra = Object.entries(error.extra).map(([key, value]) => visible(`${key}: ${value}`));
    return new Failure(visible(`business error ${error.code}: ${error.message}`), undefined, EXIT.failed, extra);
  }
  if (!(error instanceof RpcError)) throw error;
  const { cause } = error;
  const text = cause instanceof ConnectError && cause.kind === "tls" ? cause.text(TLS_FLAGS) : error.rawMessage;
  const message = [text, error.note && `(${error.note})`].filter(Boolean).join(" ");
  return new Failure(
    visible(`${statusName(error.code)}${message && `: ${message}`}`),
    nextAfter(error, typed),
    EXIT.status(error.code),
    details.map((detail) => visible(`detail: ${detail}`)),
  );
}

function nextAfter(error: RpcError, { server, consul }: TypedTarget): string | undefined {
  if (error instanceof ReflectionRefused) return nextAfterReflection(error);
  if (answersNoGrpc(error)) return "give the address of a gRPC server; this one does not speak gRPC";
  switch (error.code) {
    case Status.UNAVAILABLE: {
      const { cause } = error;
      if (isConsulError(cause)) return nextAfterConsul(cause);
      if (consul) return `dinokit list ${consul}`;
      if (!(cause instanceof Error)) return `dinokit health ${server}`;
      const isUnreachable = cause instanceof ConnectError && cause.kind === "unreachable";
      return isUnreachable ? "start the server, or give the address where it listens" : undefined;
    }
    case Status.UNIMPLEMENTED:
      return `dinokit list ${server} --methods`;
    case Status.DEADLINE_EXCEEDED:
      return "give it more time with --timeout";
    case Status.UNAUTHENTICATED:
      return "give credentials with -H 'authorization: Bearer TOKEN'";
  }
}

function nextAfterReflection({ code }: ReflectionRefused): string {
  const files = "the same with --proto FILE.proto, which asks the server for nothing";
  if (code === Status.DEADLINE_EXCEEDED) return `give it more time with --timeout, or ${files}`;
  if (code !== Status.UNAUTHENTICATED && code !== Status.PERMISSION_DENIED) return files;
  return `give credentials with -H 'authorization: Bearer TOKEN', or ${files}`;
}

/** Whether the error came from Consul. */
export const isConsulError = (error: unknown): error is ConsulError =>
  error instanceof Error && error.name === "ConsulError";

/** Returns a next step after an error from Consul. */
export function nextAfterConsul({ kind, cause, isUnknownDatacenter }: ConsulError): string | undefined {
  if (cause instanceof Error && cause.name === "NotCapable") return undefined;
  if (kind === 403) return "give a token that may do this: --consul-token-file FILE";
  if (isUnknownDatacenter) return "name a datacenter that Consul knows: --datacenter NAME";
  return typeof kind === "number" ? undefined : "say where Consul is: --consul HOST:PORT";
}
