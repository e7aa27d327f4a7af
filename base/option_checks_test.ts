import { assertEquals, assertThrows } from "@std/assert";
import { checkFunction, checkNames, checkNumber, checkObject } from "./option_checks.ts";

Deno.test("checkNames() names the unknown option and the most similar one that exists", () => {
  checkNames("createServer", { name: "x" }, ["name", "address"]);
  assertThrows(
    () => checkNames("createServer", { adress: 1 }, ["name", "address"]),
    TypeError,
    "createServer: adress is not an option; did you mean address?",
  );
  const error = assertThrows(() => checkNames("f", { zzzzzz: 1 }, ["name"]), TypeError);
  assertEquals(error.message, "f: zzzzzz is not an option");
});

Deno.test("checkNumber() returns a valid number, and names the option and the value of an invalid one", () => {
  assertEquals([checkNumber("f: n", 0, 0), checkNumber("f: n", 1.5, 1)], [0, 1.5]);
  for (const value of [-1, NaN, Infinity, -Infinity]) {
    assertThrows(() => checkNumber("f: n", value, 0), RangeError, `f: n is ${value}; use a number of at least 0`);
  }
  for (const value of ["5", null, undefined, {}, true]) {
    assertThrows(() => checkNumber("f: n", value as number, 0), TypeError, "f: n is ");
  }
});

Deno.test("checkObject() and checkFunction() name the value and the allowed form", () => {
  checkObject("f: o", { a() {} }, "{}", ["a"]);
  checkFunction("f: f", () => {}, "a function");
  const shapes: [unknown, string][] = [["x", `"x"`], [null, "null"], [undefined, "undefined"], [[], "a list"], [
    5,
    "5",
  ]];
  for (const [value, text] of shapes) {
    assertThrows(() => checkObject("f: o", value, "{}"), TypeError, `f: o is ${text}; use {}`);
    assertThrows(() => checkFunction("f: f", value, "a function"), TypeError, `f: f is ${text}; use a function`);
  }
  assertThrows(() => checkObject("f: o", () => {}, "{}"), TypeError, "f: o is a function; use {}");
  assertThrows(
    () => checkObject("f: o", {}, "consul()", ["watch"]),
    TypeError,
    "f: o has no function watch; use consul()",
  );
});
