import { assertEquals, assertRejects } from "@std/assert";
import { type Call, compose, type Middleware } from "./middleware.ts";

const call = { method: {}, request: "request", context: 0 } as unknown as Call<number>;

Deno.test("compose() runs the first layer as the outermost, before and after the call", async () => {
  const seen: string[] = [];
  const layer = (name: string): Middleware<number> => async (call, next) => {
    seen.push(`${name} in`);
    const reply = await next(call);
    seen.push(`${name} out`);
    return reply;
  };
  const end = compose([layer("a"), layer("b")], ({ request }) => (seen.push("end"), Promise.resolve(request)));
  assertEquals(await end(call), "request");
  assertEquals(seen, ["a in", "b in", "end", "b out", "a out"]);
});

Deno.test("compose() lets a layer change the call, answer by itself, or turn an error into a reply", async () => {
  const more: Middleware<number> = (call, next) => next({ ...call, context: call.context + 1 });
  const add = compose([more, more], ({ context }) => Promise.resolve(context));
  assertEquals([await add(call), await add(call)], [2, 2]);
  assertEquals(await compose<number>([() => Promise.resolve("mine")], () => Promise.reject("unused"))(call), "mine");
  const rescue: Middleware<number> = (call, next) => next(call).catch(() => "rescued");
  assertEquals(await compose([rescue], () => Promise.reject(new Error("x")))(call), "rescued");
});

Deno.test("compose() without layers returns the last function, and errors pass through", async () => {
  await assertRejects(() => compose<number>([], () => Promise.reject(new RangeError("x")))(call), RangeError, "x");
});
