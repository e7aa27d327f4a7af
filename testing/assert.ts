import { AssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { BizError, type Metadata, RpcError, type Status, statusName } from "../mod.ts";

/** The expected properties of an {@linkcode RpcError}. Properties that are not given may have any value. */
export interface ExpectedRpcError {
  /** The status. */
  readonly code: Status;
  /** The message on the wire (`rawMessage`): the whole text, or a pattern. */
  readonly message?: string | RegExp;
  /** Trailer fields, compared as by {@linkcode assertMetadata}. */
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>;
}

/** The expected properties of a {@linkcode BizError}. Properties that are not given may have any value. */
export interface ExpectedBizError {
  /** The code. */
  readonly code: number;
  /** The message: the whole text, or a pattern. */
  readonly message?: string | RegExp;
  /** All extra fields. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** The messages of a stream, and how it ended. */
export interface Collected<T> {
  /** The messages that arrived before the stream ended. */
  readonly messages: T[];
  /** The error; undefined if the stream ended normally. */
  readonly error: Error | undefined;
}

/**
 * Reads a stream to its end, even if it fails.
 *
 * @example
 * ```ts
 * import { RpcError, Status } from "../mod.ts";
 * import { assertRpcError, collect } from "./mod.ts";
 *
 * async function* stream() {
 *   yield 1;
 *   throw new RpcError(Status.ABORTED, "no more");
 * }
 * const { messages, error } = await collect(stream());
 * console.assert(messages[0] === 1);
 * await assertRpcError(error, { code: Status.ABORTED });
 * ```
 *
 * @param stream The stream.
 * @returns The messages and the error.
 */
export async function collect<T>(stream: AsyncIterable<T>): Promise<Collected<T>> {
  const messages: T[] = [];
  try {
    for await (const message of stream) messages.push(message);
    return { messages, error: undefined };
  } catch (error) {
    return { messages, error: error as Error };
  }
}

/**
 * Asserts that a call fails with a status.
 *
 * @example
 * ```ts
 * import { RpcError, Status } from "../mod.ts";
 * import { assertRpcError, testPair } from "./mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * await using echo = await testPair(EchoService, {
 *   echo() {
 *     throw new RpcError(Status.NOT_FOUND, "no user 7");
 *   },
 * });
 * await assertRpcError(echo.client.echo({ mes: "" }), { code: Status.NOT_FOUND, message: /user \d/ });
 * ```
 *
 * @param call The call; or a stream of responses, which is read to its end; or the error of {@linkcode collect}.
 * @param expected The expected error.
 * @returns The error, for example to check its details.
 * @throws {AssertionError} If the call succeeds or fails differently.
 */
export async function assertRpcError(
  call: PromiseLike<unknown> | AsyncIterable<unknown> | Error | undefined,
  expected: ExpectedRpcError,
): Promise<RpcError> {
  const wanted = `an RpcError ${statusName(expected.code)}`;
  const error = await failureOf(call, wanted);
  if (!(error instanceof RpcError)) throw otherError(error, wanted);
  if (error.code !== expected.code) throw otherError(error, wanted);
  compareText(error.rawMessage, expected.message, wanted);
  if (expected.metadata) assertMetadata(error.metadata, expected.metadata);
  return error;
}

/**
 * Asserts that a call fails with a business error, like Kitex's `BizStatusError`.
 *
 * @example
 * ```ts
 * import { BizError } from "../mod.ts";
 * import { assertBizError, testPair } from "./mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * await using echo = await testPair(EchoService, {
 *   echo() {
 *     throw new BizError(1001, "sold out");
 *   },
 * });
 * await assertBizError(echo.client.echo({ mes: "" }), { code: 1001, message: "sold out" });
 * ```
 *
 * @param call The call; or a stream of responses, which is read to its end; or the error of {@linkcode collect}.
 * @param expected The expected error.
 * @returns The error.
 * @throws {AssertionError} If the call succeeds or fails differently.
 */
export async function assertBizError(
  call: PromiseLike<unknown> | AsyncIterable<unknown> | Error | undefined,
  expected: ExpectedBizError,
): Promise<BizError> {
  const wanted = `a BizError ${expected.code}`;
  const error = await failureOf(call, wanted);
  if (!(error instanceof BizError)) throw otherError(error, wanted);
  if (error.code !== expected.code) throw otherError(error, wanted);
  compareText(error.message, expected.message, wanted);
  if (expected.extra && !isDeepStrictEqual({ ...error.extra }, expected.extra)) {
    throw differ(`${wanted} has another extra`, error.extra, expected.extra);
  }
  return error;
}

/**
 * Asserts that metadata contains these fields with these values, in order. Other fields are ignored.
 *
 * @example
 * ```ts
 * import { Metadata } from "../mod.ts";
 * import { assertMetadata } from "./mod.ts";
 *
 * assertMetadata(new Metadata({ "x-user": "7", "x-more": "" }), { "x-user": "7" });
 * ```
 *
 * @param actual The metadata.
 * @param expected The fields. A list holds all values of a field that is repeated; an empty list means that the field
 * must be absent.
 * @throws {AssertionError} If a field is missing or differs.
 */
export function assertMetadata(
  actual: Metadata,
  expected: Readonly<Record<string, string | readonly string[]>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const values = actual.getAll(name);
    const wanted = typeof value === "string" ? [value] : value;
    if (!isDeepStrictEqual(values, [...wanted])) {
      throw differ(`the field ${JSON.stringify(name)} differs`, values, wanted);
    }
  }
}

async function failureOf(
  call: PromiseLike<unknown> | AsyncIterable<unknown> | Error | undefined,
  wanted: string,
): Promise<unknown> {
  if (call instanceof Error) return call;
  let reply: unknown;
  try {
    if (call === undefined) reply = call;
    else if (Symbol.asyncIterator in call) { for await (reply of call); }
    else reply = await call;
  } catch (error) {
    return error;
  }
  throw differ(`the call succeeded, and ${wanted} was expected`, reply, wanted);
}

function compareText(actual: string, expected: string | RegExp | undefined, subject: string): void {
  if (expected === undefined) return;
  const same = typeof expected === "string" ? actual === expected : new RegExp(expected).test(actual);
  if (!same) throw differ(`${subject} has another text`, actual, expected);
}

/** Creates the error for an unexpected exception, with the exception as its cause. */
function otherError(thrown: unknown, wanted: string): AssertionError {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return Object.assign(differ(`${wanted} was expected, and this was thrown: ${text}`, thrown, wanted), {
    cause: thrown,
  });
}

const differ = (message: string, actual: unknown, expected: unknown): AssertionError =>
  new AssertionError({
    message: `${message}\n  got      ${Deno.inspect(actual)}\n  expected ${Deno.inspect(expected)}`,
    actual,
    expected,
  });
