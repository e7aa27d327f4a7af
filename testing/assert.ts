import { AssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { BizError, type Metadata, RpcError, type Status, statusName } from "../mod.ts";

/** What an {@linkcode RpcError} is expected to be: what is not named may be anything. */
export interface ExpectedRpcError {
  /** Its status. */
  readonly code: Status;
  /** Its text on the wire (`rawMessage`): the whole of it, or a pattern. */
  readonly message?: string | RegExp;
  /** Fields of its trailers, as {@linkcode assertMetadata} compares them. */
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>;
}

/** What a {@linkcode BizError} is expected to be: what is not named may be anything. */
export interface ExpectedBizError {
  /** Its code. */
  readonly code: number;
  /** Its text: the whole of it, or a pattern. */
  readonly message?: string | RegExp;
  /** Its further facts, all of them. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** What a stream gave, and how it ended. */
export interface Collected<T> {
  /** What came before its end. */
  readonly messages: T[];
  /** How it failed; undefined if it ended well. */
  readonly error: Error | undefined;
}

/**
 * Reads a stream to its end, also to a bad one.
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
 * @returns What it gave, and its error.
 */
export async function collect<T>(stream: AsyncIterable<T>): Promise<Collected<T>> {
  const messages: T[] = [];
  try {
    for await (const one of stream) messages.push(one);
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
 * @param call The call, a stream of responses, which is read to its end, or the error of {@linkcode collect}.
 * @param expected What it must fail with.
 * @returns The error, to look at its details.
 * @throws {AssertionError} If the call succeeds, or fails in another way.
 */
export async function assertRpcError(
  call: PromiseLike<unknown> | AsyncIterable<unknown> | Error | undefined,
  expected: ExpectedRpcError,
): Promise<RpcError> {
  const wanted = `an RpcError ${statusName(expected.code)}`;
  const error = await failureOf(call, wanted);
  if (!(error instanceof RpcError)) throw other(error, wanted);
  if (error.code !== expected.code) throw other(error, wanted);
  compareText(error.rawMessage, expected.message, wanted);
  if (expected.metadata) assertMetadata(error.metadata, expected.metadata);
  return error;
}

/**
 * Asserts that a call ends with an error of the business, as Kitex's `BizStatusError`.
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
 * @param call The call, a stream of responses, which is read to its end, or the error of {@linkcode collect}.
 * @param expected What it must fail with.
 * @returns The error.
 * @throws {AssertionError} If the call succeeds, or fails in another way.
 */
export async function assertBizError(
  call: PromiseLike<unknown> | AsyncIterable<unknown> | Error | undefined,
  expected: ExpectedBizError,
): Promise<BizError> {
  const wanted = `a BizError ${expected.code}`;
  const error = await failureOf(call, wanted);
  if (!(error instanceof BizError)) throw other(error, wanted);
  if (error.code !== expected.code) throw other(error, wanted);
  compareText(error.message, expected.message, wanted);
  if (expected.extra && !isDeepStrictEqual({ ...error.extra }, expected.extra)) {
    throw differ(`${wanted} has another extra`, error.extra, expected.extra);
  }
  return error;
}

/**
 * Asserts that metadata has these fields with these values, in their order; others may be there too.
 *
 * @example
 * ```ts
 * import { Metadata } from "../mod.ts";
 * import { assertMetadata } from "./mod.ts";
 *
 * assertMetadata(new Metadata({ "x-user": "7", "x-more": "" }), { "x-user": "7" });
 * ```
 *
 * @param actual What came.
 * @param expected The fields: a value, or the list of all values of one that comes more than once; an empty list for
 * one that must not be there.
 * @throws {AssertionError} If one is missing or differs.
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

function compareText(actual: string, expected: string | RegExp | undefined, what: string): void {
  if (expected === undefined) return;
  const same = typeof expected === "string" ? actual === expected : new RegExp(expected).test(actual);
  if (!same) throw differ(`${what} has another text`, actual, expected);
}

/** Names what was thrown in place of what was expected, and keeps it as the cause. */
function other(thrown: unknown, wanted: string): AssertionError {
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
