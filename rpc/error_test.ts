import { assert, assertEquals, assertThrows } from "@std/assert";
import { BizError, RpcError } from "./error.ts";
import { Status } from "./status.ts";

Deno.test("RpcError says code, path and text", () => {
  assertEquals(
    new RpcError(Status.NOT_FOUND, "no user 7", { path: "/a.B/C" }).message,
    "[NOT_FOUND] /a.B/C: no user 7",
  );
  assertEquals(new RpcError(Status.NOT_FOUND, "no user 7").message, "[NOT_FOUND] no user 7");
  assertEquals(new RpcError(Status.NOT_FOUND).message, "[NOT_FOUND]");
});

Deno.test("RpcError refuses OK and what is no status", () => {
  for (const code of [0, 17, 99, -1, 1.5]) assertThrows(() => new RpcError(code as Status), RangeError);
});

Deno.test("RpcError.from() is total", () => {
  const own = new RpcError(Status.ABORTED, "x");
  assert(RpcError.from(own) === own);
  const abort = new DOMException("stop", "AbortError");
  const late = new DOMException("late", "TimeoutError");
  assertEquals([RpcError.from(abort).code, RpcError.from(late).code], [Status.CANCELLED, Status.DEADLINE_EXCEEDED]);
  for (const thrown of [undefined, null, 5, "text", {}, Object.create(null), Symbol("s"), new Error("e")]) {
    assertEquals(RpcError.from(thrown).code, Status.UNKNOWN);
  }
});

Deno.test("instanceof knows the errors of another copy of the package, and tells the two kinds apart", () => {
  const other = Object.assign(new Error("x"), { [Symbol.for("dinokit.RpcError")]: true });
  assert(other instanceof RpcError);
  assert(!(other instanceof BizError));
  assert(!(new Error("x") instanceof RpcError));
});

Deno.test("BizError refuses code 0 and what is no 32-bit integer", () => {
  for (const code of [0, 1.5, 2 ** 31, NaN]) assertThrows(() => new BizError(code, "x"), RangeError);
});
