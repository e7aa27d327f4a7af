import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { createLogger, type LogLevel } from "./logger.ts";

function lines(level: LogLevel = "debug") {
  const lines: string[] = [];
  return { lines, logger: createLogger(level, (line) => lines.push(line)) };
}

Deno.test("createLogger() writes time, level, message and each field in JSON", () => {
  const { lines: all, logger } = lines();
  logger.info("serving", { address: "127.0.0.1:1", weight: 10, tags: ["a"], left: undefined });
  assertMatch(
    all[0]!,
    /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}serving address="127\.0\.0\.1:1" weight=10 tags=\["a"\]$/,
  );
});

Deno.test("createLogger() writes one line for each event, for any content of its message, fields and errors", () => {
  const { lines: all, logger } = lines();
  const forged = "a\nb\r\nc\u2028d\u2029e\x1b[31mf\u0085g\u202eh\u2066i";
  logger.warn(forged, { value: forged, error: new Error(forged), list: [forged] });
  assertEquals(all.length, 1);
  // deno-lint-ignore no-control-regex -- the test checks that there are none
  assert(!/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e\u2066]/.test(all[0]!), all[0]);
  assertStringIncludes(all[0]!, "a\\u000ab");
});

Deno.test("createLogger() writes the causes of an error, even if they form a circle", () => {
  const { lines: all, logger } = lines();
  const root = new Error("the disk is full");
  logger.error("failed", { error: new Error("not saved", { cause: new Error("no write", { cause: root }) }) });
  assertMatch(
    all[0]!,
    /error="Error: not saved\\n.*\\nCaused by: Error: no write\\n.*\\nCaused by: Error: the disk is full/,
  );
  root.cause = root;
  logger.error("failed", { error: root });
  assertEquals(all[1]!.split("Caused by:").length, 6);
  logger.error("failed", { error: new Error("x", { cause: "a text" }) });
  assertMatch(all[2]!, /\\nCaused by: a text"$/);
});

Deno.test("createLogger() writes values that JSON can't represent as text", () => {
  const { lines: all, logger } = lines();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  logger.error("odd", { cycle, big: 5n, fn: () => 1, symbol: Symbol("s"), nothing: null });
  assertMatch(all[0]!, /cycle="\[object Object\]" big="5" fn=.* symbol=Symbol\(s\) nothing=null$/);
});

Deno.test("createLogger() writes the line even if a value throws when it is read", () => {
  const { lines: all, logger } = lines();
  const trap = () => {
    throw new Error("a trap");
  };
  logger.error("odd", { value: new Proxy({}, { get: trap, getPrototypeOf: trap }), bare: Object.create(null) });
  assertMatch(all[0]!, /value="a value without a text" bare=\{\}$/);
});

Deno.test("createLogger() omits lines below its level", () => {
  for (const [level, count] of [["debug", 4], ["info", 3], ["warn", 2], ["error", 1], ["silent", 0]] as const) {
    const { lines: all, logger } = lines(level);
    for (const name of ["debug", "info", "warn", "error"] as const) logger[name]("x");
    assertEquals([level, all.length], [level, count]);
  }
});

Deno.test("createLogger() rejects a level that does not exist, and lists the levels", () => {
  assertThrows(() => createLogger("verbose" as LogLevel), RangeError, `level is "verbose"; use one of debug, info`);
});
