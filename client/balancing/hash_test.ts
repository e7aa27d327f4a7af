import { assert, assertEquals } from "@std/assert";
import { hash, mix } from "./hash.ts";

Deno.test("hash() never changes: clients of several releases must agree on the owner of a key", () => {
  assertEquals(["", "a", "127.0.0.1:8888"].map(hash), [2872998923, 444641715, 3725136504]);
});

Deno.test("mix() of similar texts differs in half of the bits", () => {
  let bits = 0;
  const key = hash("user-1");
  for (let port = 1; port <= 1000; port++) {
    const [one, other] = [`10.0.0.1:${port}`, `10.0.0.1:${port + 1}`].map((address) => mix(key, hash(address)));
    for (let left = one! ^ other!; left !== 0; left &= left - 1) bits++;
  }
  // 32,000 fair coins: ± 5 standard deviations.
  assert(Math.abs(bits - 16_000) < 450, `${bits} of 32000 bits differ`);
});
