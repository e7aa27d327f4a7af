import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { currentScope, runInScope, withMetainfo } from "./context.ts";
import { currentCall } from "./current_call.ts";
import { detached } from "./detached.ts";
import { DetachedWork } from "./detached_work.ts";
import { RpcError } from "./error.ts";
import { NO_METAINFO } from "./metainfo.ts";
import { Status } from "./status.ts";

/** The scope of a call whose deadline has passed. */
function lateScope() {
  const lines: unknown[] = [];
  const log = (message: string, fields?: Record<string, unknown>) => void lines.push([message, fields]);
  const detachedWork = new DetachedWork();
  const call = { context: {} as never, logger: { debug: log, info: log, warn: log, error: log }, requestId: "a-1" };
  const signal = AbortSignal.abort();
  const scope = { lateAt: 0, signal, outgoing: NO_METAINFO, retriesExhausted() {}, call, detachedWork };
  return { scope, lines, detachedWork };
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("detached() runs at once and resolves with the result, also outside of a call", async () => {
  let began = false;
  const result = detached(() => {
    began = true;
    return 42;
  });
  assertEquals([began, await result, currentCall()], [true, 42, undefined]);
});

Deno.test("detached() keeps the metainfo, the call and other AsyncLocalStorage, but not deadline and signal", async () => {
  const other = new AsyncLocalStorage<string>();
  const { scope } = lateScope();
  await other.run(
    "held",
    () =>
      runInScope(scope, () =>
        withMetainfo({ persistent: { A: "1" } }, () =>
          detached(async (signal) => {
            await turn();
            const { lateAt, outgoing, signal: inherited } = currentScope();
            assertEquals([other.getStore(), outgoing.persistent.get("A"), currentCall()], ["held", "1", scope.call]);
            assertEquals([inherited, signal.aborted], [signal, false]);
            assertEquals(lateAt! > performance.now() && lateAt! <= performance.now() + 5000, true);
          }, { timeout: 5000 }))),
  );
});

Deno.test("detached() rejects with DEADLINE_EXCEEDED after its timeout, even if the work ignores its signal", async () => {
  let reason: unknown;
  const error = await assertRejects(
    () =>
      detached((signal) => {
        signal.addEventListener("abort", () => reason = signal.reason);
        return new Promise(() => {});
      }, { timeout: 5 }),
    RpcError,
    "[DEADLINE_EXCEEDED] the detached work did not end within 5 ms (timeout)",
  );
  assertEquals([error.code, reason], [Status.DEADLINE_EXCEEDED, error]);
});

Deno.test("detached() logs an error that nothing awaits, by the logger of the call", async () => {
  const { scope, lines } = lateScope();
  const errors = [new Error("sync"), new Error("async")];
  runInScope(scope, () => {
    void detached(() => {
      throw errors[0];
    });
    void detached(async () => {
      await turn();
      throw errors[1];
    });
  });
  await turn();
  await turn();
  assertEquals(lines, errors.map((error) => ["detached work has failed", { error }]));
});

Deno.test("detached() logs no error that is awaited, caught or returned", async () => {
  const { scope, lines } = lateScope();
  await runInScope(scope, async () => {
    const fails = () => detached(() => Promise.reject(new Error("x")));
    await assertRejects(() => fails());
    await fails().catch(() => {});
    await Promise.allSettled([fails(), (async () => await fails())()]);
  });
  await turn();
  assertEquals(lines, []);
});

Deno.test("DetachedWork.ended() waits for all jobs, and abort() aborts the running ones", async () => {
  const { scope, detachedWork } = lateScope();
  await detachedWork.ended();
  const job = Promise.withResolvers<void>();
  const first = runInScope(scope, () => detached(() => job.promise));
  let ended = false;
  const wait = detachedWork.ended().then(() => ended = true);
  await turn();
  assertEquals(ended, false);
  job.resolve();
  await first;
  await wait;
  const reason = new Error("stopped");
  const never = runInScope(scope, () => detached(() => new Promise(() => {})));
  detachedWork.abort(reason);
  assertEquals(await assertRejects(() => never), reason);
  await detachedWork.ended();
});

Deno.test("detached() rejects wrong options", () => {
  assertThrows(() => detached(() => {}, { timeout: 0 }), RangeError, "timeout is 0");
  assertThrows(() => detached(() => {}, { timeout: "1" as never }), TypeError, "timeout");
  assertThrows(
    () => detached(() => {}, { timout: 1 } as never),
    TypeError,
    "timout is not an option; did you mean timeout?",
  );
});
