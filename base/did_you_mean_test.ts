import { assertEquals } from "@std/assert";
import { didYouMean, nearest } from "./did_you_mean.ts";

Deno.test("nearest() finds the candidate with the fewest different letters, without case", () => {
  const candidates = ["address", "advertise", "name"];
  assertEquals(nearest("adress", candidates), "address");
  assertEquals(nearest("ADDRESS", candidates), "address");
  assertEquals(nearest("nmae", candidates), "name");
});

Deno.test("nearest() finds nothing where too many letters differ, or nothing is there", () => {
  assertEquals(nearest("registry", ["name", "tls"]), undefined);
  assertEquals(nearest("x", []), undefined);
  assertEquals(nearest("", ["address"]), undefined);
});

Deno.test("didYouMean() is a half sentence, or nothing", () => {
  assertEquals(didYouMean("ecko", ["echo"]), `; did you mean "echo"?`);
  assertEquals(didYouMean("zzzz", ["echo"]), "");
});
