import { assertEquals } from "@std/assert";
import type { Logger } from "../base/logger.ts";
import { SharedWatches } from "./shared_watches.ts";

/** A logger that writes its name before each warning. */
function logger(name: string, lines: string[]): Logger {
  const none = () => {};
  return { debug: none, info: none, warn: (message) => void lines.push(`${name}: ${message}`), error: none };
}

/** A source that counts how often it was opened and closed. */
function source() {
  const seen = { opened: 0, closed: 0, tell: (_: string) => {}, warn: (_: string) => {} };
  const open = (tell: (value: string) => void, log: Logger) => {
    Object.assign(seen, { opened: seen.opened + 1, tell, warn: log.warn });
    return { state: { queries: 7, failures: 0 }, close: () => void seen.closed++ };
  };
  return { seen, open };
}

const silent = logger("", []);
const turn = () => new Promise<void>((done) => setTimeout(done));

Deno.test("SharedWatches opens one source for all watches of a subject, and closes it after the last", () => {
  const watches = new SharedWatches<string>();
  const { seen, open } = source();
  const one = watches.watch("a", open, () => {}, silent);
  const two = watches.watch("a", open, () => {}, silent);
  assertEquals([seen.opened, two.state], [1, { queries: 7, failures: 0 }]);
  watches.watch("b", open, () => {}, silent).close();
  assertEquals([seen.opened, seen.closed], [2, 1]);
  one.close();
  one.close();
  assertEquals(seen.closed, 1);
  two.close();
  assertEquals(seen.closed, 2);
  watches.watch("a", open, () => {}, silent).close();
  assertEquals(seen.opened, 3, "what was closed is opened anew");
});

Deno.test("SharedWatches reports the last value to a late watcher, once and not before the next turn", async () => {
  const watches = new SharedWatches<string>();
  const { seen, open } = source();
  const told: string[] = [];
  watches.watch("a", open, (value) => told.push(`1 ${value}`), silent);
  await turn();
  assertEquals(told, []);
  seen.tell("x");
  watches.watch("a", open, (value) => told.push(`2 ${value}`), silent);
  assertEquals(told, ["1 x"]);
  await turn();
  watches.watch("a", open, (value) => told.push(`3 ${value}`), silent);
  seen.tell("y"); // before its turn
  await turn();
  assertEquals(told, ["1 x", "2 x", "1 y", "2 y", "3 y"]);
});

Deno.test("SharedWatches reports nothing more to a closed watcher, even if another's listener closed it", async () => {
  const watches = new SharedWatches<string>();
  const { seen, open } = source();
  const told: string[] = [];
  watches.watch("a", open, () => two.close(), silent);
  const two = watches.watch("a", open, (value) => told.push(value), silent);
  seen.tell("x");
  watches.watch("a", open, (value) => told.push(value), silent).close();
  await turn();
  assertEquals(told, []);
});

Deno.test("SharedWatches logs to the oldest watcher", () => {
  const watches = new SharedWatches<string>();
  const { seen, open } = source();
  const lines: string[] = [];
  const one = watches.watch("a", open, () => {}, logger("one", lines));
  watches.watch("a", open, () => {}, logger("two", lines));
  seen.warn("x");
  one.close();
  seen.warn("y");
  assertEquals(lines, ["one: x", "two: y"]);
});
