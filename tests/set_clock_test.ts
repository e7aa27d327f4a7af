import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ClientMiddleware, RpcError, Status } from "../mod.ts";
import { each, within } from "./each_transport.ts";
import { until } from "./observe.ts";

/** Runs `body` with a function that sets the time of day forth, or back. */
async function withClock(body: (set: (ms: number) => void) => Promise<void>): Promise<void> {
  const real = Date.now;
  try {
    await body((ms) => {
      const before = Date.now;
      Date.now = () => before() + ms;
    });
  } finally {
    Date.now = real;
  }
}

const HOUR_MS = 3_600_000;

each(
  "a clock that is set back during a call does not give it more time",
  ({ client, seen }) =>
    withClock(async (set) => {
      const late = assertRejects(() => client.unary({ text: "hang" }, { timeout: 300 }), RpcError) as Promise<RpcError>;
      await until(() => seen.length === 1, "the call has arrived");
      set(-HOUR_MS);
      assertEquals((await within(5000, late)).code, Status.DEADLINE_EXCEEDED);
      await within(5000, seen[0]!.aborted);
    }),
);

const answer = Promise.withResolvers<void>();

each("a clock that is set forth during a call takes none of its time", ({ client }) =>
  withClock(async (set) => {
    const reply = client.unary({ text: "later" }, { timeout: 60_000 });
    const stream = client.serverStream({ text: "x", count: 2 }, { timeout: 60_000 })[Symbol.asyncIterator]();
    await stream.next();
    set(HOUR_MS);
    answer.resolve();
    assertEquals((await reply).text, "later");
    assertEquals((await stream.next()).value?.count, 1);
    assertEquals((await stream.next()).done, true);
  }), { handlers: { unary: (req) => answer.promise.then(() => req) } });

each(
  "a deadline follows the user's clock, also after the clock was set",
  ({ client, connect, seen }) =>
    withClock(async (set) => {
      for (const ms of [HOUR_MS, -2 * HOUR_MS]) {
        await client.unary({});
        set(ms);
        const deadline = Date.now() + 20_000;
        await client.unary({}, { deadline });
        assert(Math.abs(seen.at(-1)!.deadline! - deadline) < 1000, `${seen.at(-1)!.deadline! - deadline} ms away`);
        // Middleware may shorten it.
        const middleware: ClientMiddleware[] = [(call, next) => {
          assertEquals(call.context.deadline, deadline);
          return next({ ...call, context: { ...call.context, deadline: deadline - 10_000 } });
        }];
        await using hasty = connect({ middleware });
        await hasty.unary({}, { deadline });
        assert(Math.abs(seen.at(-1)!.deadline! - deadline + 10_000) < 1000);
      }
    }),
);

each(
  "a clock that is set between middleware and the wire takes none of the call's time",
  ({ connect, seen }) =>
    withClock(async (set) => {
      const middleware: ClientMiddleware[] = [(call, next) => {
        set(HOUR_MS);
        return next({ ...call, context: { ...call.context } });
      }];
      await using client = connect({ middleware });
      await client.unary({}, { timeout: 20_000 });
      const left = seen[0]!.deadline! - Date.now();
      assert(left > 10_000 && left <= 20_000, `${left} ms are left`);
    }),
);
