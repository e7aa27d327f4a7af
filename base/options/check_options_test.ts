import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkOptions, type OptionError } from "./check_options.ts";
import {
  callable,
  defaultsOf,
  given,
  keyed,
  list,
  milliseconds,
  object,
  or,
  orInfinity,
  provider,
  required,
  section,
  text,
  whole,
} from "./fields.ts";

interface Options {
  name: string;
  wait?: number;
  limits?: { resets?: number };
  health?: { timeout?: number };
  checks?: Record<string, () => void>;
  layers?: readonly (() => void)[];
  source?: object;
  resolver?: object;
  key?: string;
}

const declared = {
  ...section<Options>({
    name: required(text("a name", /./)),
    wait: or(milliseconds(), 1000),
    limits: given({ resets: or(orInfinity(whole(1)), 500) }, "{ resets: 500 }"),
    health: given({ timeout: or(milliseconds(), 5) }),
    checks: keyed<() => void>(callable("a function"), "{ database: () => {} }"),
    layers: list<() => void>(callable("a function"), 0, "a list of functions"),
    source: object("from(store)", "watch"),
    resolver: provider("consul()", "watch"),
    key: { ...text("a key", /^-/), secret: true },
  }),
  use: '{ name: "a" }',
};

Deno.test("checkOptions() returns the options, and the defaults of sections that are filled", () => {
  const check = () => {};
  const resolver = { permissions: [], watch() {} };
  assertEquals(checkOptions("f", declared, { name: "a" }), { name: "a", wait: 1000 });
  assertEquals(checkOptions("f", declared, { name: "a", limits: {}, health: {}, layers: undefined }), {
    name: "a",
    wait: 1000,
    limits: {},
    health: {},
  });
  const options = { name: "a", wait: 1, checks: { check }, layers: [check], resolver, limits: { resets: Infinity } };
  const all = checkOptions<typeof options>("f", declared, options);
  assert(all.resolver === resolver);
  assertEquals({ ...all, checks: { ...all.checks } }, options);
  assertEquals(defaultsOf(declared), { wait: 1000 } as never);
});

Deno.test("checkOptions() throws an error that names the option, its value and the allowed values", () => {
  const wrong = (options: unknown, type: typeof TypeError | typeof RangeError, message: string) => {
    const named = Object.prototype.toString.call(options) === "[object Object]"
      ? { name: "a", ...options as object }
      : options;
    assertEquals(assertThrows(() => checkOptions("f", declared, named), type).message, `f: ${message}`);
  };
  wrong(undefined, TypeError, 'options is undefined; use { name: "a" }');
  wrong([], TypeError, 'options is an empty list; use { name: "a" }');
  wrong({ name: undefined }, TypeError, "name is missing; give a name");
  wrong({ wiat: 1 }, TypeError, "wiat is not an option; did you mean wait?");
  wrong({ wait: 0 }, RangeError, "wait is 0; use a number of at least 1, in milliseconds");
  wrong({ wait: Infinity }, RangeError, "wait is Infinity; use a number of at least 1, in milliseconds");
  wrong({ wait: "1s" }, TypeError, 'wait is "1s"; use a number of at least 1, in milliseconds');
  wrong({ limits: null }, TypeError, "limits is null; use { resets: 500 }");
  wrong({ limits: { resets: 0 } }, RangeError, "limits.resets is 0; use a whole number of at least 1, or infinity");
  wrong({ checks: 5 }, TypeError, "checks is 5; use { database: () => {} }");
  wrong({ checks: { "a b": 5 } }, TypeError, 'checks["a b"] is 5; use a function');
  wrong({ layers: () => {} }, TypeError, "layers is a function; use a list of functions");
  wrong({ layers: [{}] }, TypeError, "layers[0] is an object; use a function");
  wrong({ source: "x" }, TypeError, 'source is "x"; use from(store)');
  wrong({ source: {} }, TypeError, "source has no function watch; use from(store)");
  wrong({ resolver: { watch() {} } }, TypeError, "resolver has no list permissions; use consul()");
  wrong({ key: "hidden" }, TypeError, "key is a text; use a key");
});

Deno.test("the error of checkOptions() has fields for the option, its value and the allowed values", () => {
  const fields = (options: object) => {
    const error = assertThrows(() => checkOptions("f", declared, { name: "a", ...options })) as OptionError;
    assertEquals(Object.keys(error), []);
    return [error.name, error.option, error.value, error.allowed];
  };
  assertEquals(fields({ wait: 0 }), ["RangeError", "wait", 0, "a number of at least 1, in milliseconds"]);
  assertEquals(fields({ name: undefined }), ["TypeError", "name", undefined, "a name"]);
  assertEquals(fields({ key: "hidden" }), ["TypeError", "key", undefined, "a key"]);
  assertEquals(fields({ wiat: 1 }), ["TypeError", "wiat", undefined, undefined]);
});
