import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { AssertionError } from "node:assert";
import { BizError, Metadata, RpcError, Status } from "../mod.ts";
import { assertBizError, assertMetadata, assertRpcError, collect } from "./mod.ts";

const notFound = () =>
  Promise.reject(new RpcError(Status.NOT_FOUND, "no user 7", { metadata: new Metadata({ "x-why": "gone" }) }));

/** The text of the AssertionError that `fn` must reject with. */
async function complaint(fn: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(fn);
  assertInstanceOf(error, AssertionError);
  return error.message;
}

Deno.test("assertRpcError() gives the error that it expected", async () => {
  const error = await assertRpcError(notFound(), { code: Status.NOT_FOUND, message: "no user 7" });
  assertEquals(error.code, Status.NOT_FOUND);
  await assertRpcError(notFound(), { code: Status.NOT_FOUND, message: /user \d$/g, metadata: { "x-why": "gone" } });
});

Deno.test("assertRpcError() reports the actual outcome", async () => {
  const expected = { code: Status.NOT_FOUND, message: "no user" };
  const of = (call: PromiseLike<unknown> | AsyncIterable<unknown>) => complaint(() => assertRpcError(call, expected));
  assertStringIncludes(
    await of(Promise.resolve({ resp: "hello" })),
    `succeeded, and an RpcError NOT_FOUND was expected`,
  );
  assertStringIncludes(await of(Promise.resolve({ resp: "hello" })), `{ resp: "hello" }`);
  assertStringIncludes(await of((async function* () {})()), `succeeded`);
  assertStringIncludes(await of(Promise.reject(new RpcError(Status.ABORTED, "x"))), `RpcError: [ABORTED] x`);
  assertStringIncludes(await of(Promise.reject(new BizError(5, "sold out"))), `BizError: sold out`);
  assertStringIncludes(await of(notFound()), `got      "no user 7"\n  expected "no user"`);
  const metadata = { "x-why": "other" };
  const text = await complaint(() => assertRpcError(notFound(), { code: Status.NOT_FOUND, metadata }));
  assertStringIncludes(text, `the field "x-why" differs`);
});

Deno.test("assertRpcError() keeps the thrown value as the cause", async () => {
  const bug = new TypeError("bug");
  const error = await assertRejects(
    () => assertRpcError(Promise.reject(bug), { code: Status.INTERNAL }),
    AssertionError,
  );
  assertEquals(error.cause, bug);
});

Deno.test("assertBizError() compares code, text and extra", async () => {
  const call = () => Promise.reject(new BizError(1001, "sold out", { item: "7" }));
  await assertBizError(call(), { code: 1001, message: "sold out", extra: { item: "7" } });
  assertStringIncludes(await complaint(() => assertBizError(call(), { code: 1 })), "a BizError 1 was expected");
  assertStringIncludes(await complaint(() => assertBizError(call(), { code: 1001, message: /x/ })), "another text");
  assertStringIncludes(await complaint(() => assertBizError(call(), { code: 1001, extra: {} })), "another extra");
  assertStringIncludes(await complaint(() => assertBizError(notFound(), { code: 1001 })), "RpcError: [NOT_FOUND]");
});

Deno.test("assertMetadata() compares all values of a field", () => {
  const metadata = new Metadata([["x-a", "1"], ["x-b", "2"], ["x-b", "3"]]);
  assertMetadata(metadata, { "x-a": "1", "X-B": ["2", "3"], "x-c": [] });
  assertThrows(() => assertMetadata(metadata, { "x-b": "2" }), AssertionError, `the field "x-b" differs`);
  assertThrows(() => assertMetadata(metadata, { "x-a": [] }), AssertionError, `got      [ "1" ]\n  expected []`);
});

Deno.test("collect() returns the messages that a stream delivered before it failed, and an error for the assert functions", async () => {
  async function* numbers(error?: Error) {
    yield 1;
    yield 2;
    if (error) throw error;
  }
  assertEquals(await collect(numbers()), { messages: [1, 2], error: undefined });
  const { messages, error } = await collect(numbers(new RpcError(Status.ABORTED, "cut")));
  assertEquals(messages, [1, 2]);
  await assertRpcError(error, { code: Status.ABORTED, message: "cut" });
  assertStringIncludes(await complaint(() => assertBizError(error, { code: 1 })), "RpcError: [ABORTED] cut");
  const well = await complaint(async () => assertRpcError((await collect(numbers())).error, { code: Status.ABORTED }));
  assertStringIncludes(well, "succeeded, and an RpcError ABORTED was expected");
});
