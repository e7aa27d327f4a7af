import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions } from "./options.ts";

const parse = (...args: string[]) => parseOptions(args, ["dinokit", "tonic"], ["unary", "tls"]);

Deno.test("parseOptions() measures everything three times by default", () => {
  const { only, loads, rounds } = parse()!;
  assertEquals([only, loads, rounds], [undefined, undefined, 3]);
});

Deno.test("parseOptions() takes lists of names and refuses unknown ones", () => {
  assertEquals(parse("--only=dinokit,tonic")?.only, ["dinokit", "tonic"]);
  assertThrows(() => parse("--only=tonik"), TypeError, '--only: there is no "tonik"; there are dinokit, tonic');
  assertThrows(() => parse("--load="), TypeError, "--load");
});

Deno.test("parseOptions() refuses what is no whole number above 0, and unknown flags", () => {
  for (const text of ["0", "-1", "0.5", "x", ""]) assertThrows(() => parse(`--rounds=${text}`), TypeError, "--rounds");
  assertThrows(() => parse("--round=1"), TypeError, "--round");
});
