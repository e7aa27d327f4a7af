import { assertEquals } from "@std/assert";
import { didYouMean, nearest } from "./did_you_mean.ts";

Deno.test("nearest() finds the candidate with the fewest different letters, and ignores case", () => {
  const candidates = ["address", "advertise", "name"];
  assertEquals(nearest("adress", candidates), "address");
  assertEquals(nearest("ADDRESS", candidates), "address");
  assertEquals(nearest("nmae", candidates), "name");
});

Deno.test("nearest() finds nothing if too many letters differ, or if there are no candidates", () => {
  assertEquals(nearest("registry", ["name", "tls"]), undefined);
  assertEquals(nearest("x", []), undefined);
  assertEquals(nearest("", ["address"]), undefined);
});

Deno.test("didYouMean() returns a question, or an empty text", () => {
  assertEquals(didYouMean("ecko", ["echo"]), `; did you mean "echo"?`);
  assertEquals(didYouMean("zzzz", ["echo"]), "");
});
