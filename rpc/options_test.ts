import { assertEquals, assertThrows } from "@std/assert";
import { checkNames, checkNumber } from "./options.ts";

Deno.test("checkNames() names the unknown option and the nearest that exists", () => {
  checkNames("createServer", { name: "x" }, ["name", "address"]);
  assertThrows(
    () => checkNames("createServer", { adress: 1 }, ["name", "address"]),
    TypeError,
    `createServer: unknown option "adress"; did you mean "address"?`,
  );
  const error = assertThrows(() => checkNames("f", { zzzzzz: 1 }, ["name"]), TypeError);
  assertEquals(error.message, `f: unknown option "zzzzzz"`);
});

Deno.test("checkNumber() returns what is right, and names the option and value of what is not", () => {
  assertEquals([checkNumber("f: n", 0, 0), checkNumber("f: n", 1.5, 1)], [0, 1.5]);
  for (const value of [-1, NaN, Infinity, -Infinity]) {
    assertThrows(() => checkNumber("f: n", value, 0), RangeError, `f: n is ${value}; use a number of at least 0`);
  }
  for (const value of ["5", null, undefined, {}, true]) {
    assertThrows(() => checkNumber("f: n", value as number, 0), TypeError, "f: n is ");
  }
});
