import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals } from "@std/assert";
import { until } from "../tests/observe.ts";
import { inBackground } from "./background.ts";
import { guardedLogger, type Logger } from "./logger.ts";

function recording() {
  const lines: string[] = [];
  const error = (message: string, fields?: Record<string, unknown>) => void lines.push(`${message}: ${fields!.error}`);
  const logger: Logger = { debug() {}, info() {}, warn() {}, error };
  return { lines, logger };
}

Deno.test("inBackground() logs an error that its work throws or rejects with", async () => {
  const { lines, logger } = recording();
  inBackground("one", logger, () => {
    throw new Error("at once");
  });
  inBackground("two", logger, () => Promise.reject(new Error("later")));
  await until(() => lines.length === 2, "both are logged");
  assertEquals(lines, ["one has failed: Error: at once", "two has failed: Error: later"]);
});

Deno.test("inBackground() runs its work at once, outside of the caller's async context", async () => {
  const { logger } = recording();
  const context = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  context.run("a call", () => {
    inBackground("work", logger, async () => {
      seen.push(context.getStore());
      await Promise.resolve();
      seen.push(context.getStore());
      resolve();
    });
    seen.push(context.getStore());
  });
  await promise;
  assertEquals(seen, [undefined, "a call", undefined]);
});

Deno.test("guardedLogger() passes lines on, and never throws or rejects", async () => {
  const lines: unknown[] = [];
  const logger = guardedLogger({
    debug: (...line) => lines.push(line),
    info: () => {
      throw new Error("the disk is full");
    },
    warn: () => Promise.reject(new Error("the disk is full")) as never,
    error(...line) {
      // This method works only if it is called on its object.
      this.debug(...line);
    },
  });
  logger.debug("one", { a: 1 });
  logger.info("two");
  logger.warn("three");
  logger.error("four");
  assertEquals(lines, [["one", { a: 1 }], ["four", undefined]]);
  await new Promise((resolve) => setTimeout(resolve));
});
