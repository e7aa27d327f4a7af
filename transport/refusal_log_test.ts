import { assertEquals } from "@std/assert";
import { createLogger } from "../base/logger.ts";
import { RefusalLog } from "./refusal_log.ts";

Deno.test("a listener warns of refused connections at most once a minute, and says how many others there were", () => {
  const lines: string[] = [];
  let now = 0;
  const log = new RefusalLog(createLogger("debug", (line) => lines.push(line)), () => now);
  for (let i = 0; i < 1000; i++) log.refused("192.0.2.1:4", "something else", true);
  log.refused("192.0.2.1:5", "something else");
  now = 60_000;
  log.refused("192.0.2.1:6", "something else", true);
  log.refused("192.0.2.1:7", "something else", true);
  const warnings = lines.filter((line) => /WARN/i.test(line));
  assertEquals(warnings.map((line) => /others=(\d+)/.exec(line)?.[1]), [undefined, "999"]);
  assertEquals(lines.length, 1003);
});
