import { assert, assertEquals, assertThrows } from "@std/assert";
import { BizError, errorDetail, RpcError } from "./error.ts";
import type { MessageType } from "./service.ts";
import * as copy from "./error.ts?copy";
import { Status } from "./status.ts";

Deno.test("RpcError's message has the code, the path and the text", () => {
  assertEquals(
    new RpcError(Status.NOT_FOUND, "no user 7", { path: "/a.B/C" }).message,
    "[NOT_FOUND] /a.B/C: no user 7",
  );
  assertEquals(new RpcError(Status.NOT_FOUND, "no user 7").message, "[NOT_FOUND] no user 7");
  assertEquals(new RpcError(Status.NOT_FOUND).message, "[NOT_FOUND]");
});

Deno.test("RpcError rejects OK and numbers that are not a status code", () => {
  for (const code of [0, 17, 99, -1, 1.5]) assertThrows(() => new RpcError(code as Status), RangeError);
});

Deno.test("RpcError.from() converts any thrown value", () => {
  const own = new RpcError(Status.ABORTED, "x");
  assert(RpcError.from(own) === own);
  const abort = new DOMException("stop", "AbortError");
  const late = new DOMException("late", "TimeoutError");
  assertEquals([RpcError.from(abort).code, RpcError.from(late).code], [Status.CANCELLED, Status.DEADLINE_EXCEEDED]);
  for (const thrown of [undefined, null, 5, "text", {}, Object.create(null), Symbol("s"), new Error("e")]) {
    assertEquals(RpcError.from(thrown).code, Status.UNKNOWN);
  }
});

Deno.test("instanceof accepts the errors of another copy of the package, and distinguishes RpcError and BizError", () => {
  const other = Object.assign(new Error("x"), { [Symbol.for("dinokit.RpcError")]: true });
  assert(other instanceof RpcError);
  assert(!(other instanceof BizError));
  assert(!(new Error("x") instanceof RpcError));
});

Deno.test("BizError rejects code 0 and numbers that are not a 32-bit integer", () => {
  for (const code of [0, 1.5, 2 ** 31, NaN]) assertThrows(() => new BizError(code, "x"), RangeError);
});

Deno.test("RpcError.from() converts even an error with a message getter that throws", () => {
  const hostile = new Error();
  Object.defineProperty(hostile, "message", {
    get() {
      throw new Error("no text for you");
    },
  });
  const odd = Object.assign(new Error(), { message: { toString: null } });
  for (const thrown of [hostile, odd]) {
    const error = RpcError.from(thrown);
    assertEquals([error.code, error.cause === thrown, typeof error.rawMessage], [Status.UNKNOWN, true, "string"]);
  }
  assertEquals(RpcError.from(new Error("x"), Status.INTERNAL).message, "[INTERNAL] x");
});

Deno.test("instanceof accepts the errors of a second copy of the module, in both directions", () => {
  const code = Status.ABORTED as never; // `never` because the copy has its own enum
  const error = new copy.RpcError(code, "x");
  assert(copy.RpcError as unknown !== RpcError);
  assert(error instanceof RpcError);
  assert(new RpcError(Status.ABORTED, "x") instanceof copy.RpcError);
  assert(RpcError.from(error) as unknown === error);
  assert(new copy.BizError(7, "x") instanceof BizError);
  assert(!(new copy.BizError(7, "x") as unknown instanceof RpcError));
});

Deno.test("findDetails() returns the details of one type, and omits those that can't be decoded", () => {
  const type = {
    typeName: "a.B",
    encode: (text: string) => new TextEncoder().encode(text),
    decode: (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
  } as unknown as MessageType<string>;
  const details = [
    errorDetail(type, "one"),
    { type: "a.C", value: new Uint8Array() },
    { type: "a.B", value: new Uint8Array([255]) },
  ];
  const error = new RpcError(Status.ABORTED, "x", { details });
  assertEquals([error.findDetails(type), error.detail(type)], [["one"], "one"]);
  assertEquals(new RpcError(Status.ABORTED, "x").detail(type), undefined);
});
