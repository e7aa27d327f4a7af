import { assertEquals, assertThrows } from "@std/assert";
import type { LogFields, Logger } from "../base/logger.ts";
import type { ClientPolicy, PolicySource } from "../policy/policy.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import type { KeyValue } from "../registry/registry.ts";
import { until } from "../tests/observe.ts";
import { clientPolicyFrom, serverPolicyFrom } from "./live_policy.ts";

const KEY = "dinokit/echoservice";

/** A store of one key in memory. */
function memoryStore() {
  let tell: ((text: string | undefined) => void) | undefined;
  const store: KeyValue = {
    permissions: [],
    watchKey(_, listener) {
      tell = listener;
      return { close: () => tell = undefined };
    },
  };
  return { store, put: (text?: string) => tell!(text), isWatched: () => tell !== undefined };
}

/** Watches a policy; each step puts a text and gives what that led to. */
function watching<T>(from: (store: KeyValue, key: string) => PolicySource<T>, misfit?: (policy: T) => void) {
  const { store, put, isWatched } = memoryStore();
  const policies: T[] = [];
  const lines: [level: string, LogFields | undefined][] = [];
  const at = (level: string) => (_: string, fields?: LogFields) => void lines.push([level, fields]);
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const watch = from(store, KEY).watch((policy) => {
    misfit?.(policy);
    policies.push(policy);
  }, logger);
  const step = async (text?: string) => {
    const before = lines.length;
    put(text);
    await until(() => lines.length > before, `a line about ${text}`);
    return lines.at(-1)!;
  };
  return { policies, lines, put, step, watch, isWatched };
}

const changed = (...paths: string[]) => ["info", { key: KEY, changed: paths }];
const refused = (...problems: string[]) => ["warn", { key: KEY, problems }];

Deno.test("clientPolicyFrom() delivers each policy that differs, and logs the changed fields", async () => {
  const { policies, step } = watching(clientPolicyFrom);
  assertEquals(
    await step("timeout: 500\nretry: { max_backoff: 900 }\n"),
    changed("timeout", "retry", "retry.max_backoff"),
  );
  assertEquals(
    await step('{ "timeout": 500, "retry": false, "methods": { "Echo": { "breaker": {} } } }'),
    changed("retry", "retry.max_backoff", "methods.Echo", "methods.Echo.breaker"),
  );
  assertEquals(await step(undefined), changed("timeout", "retry", "methods.Echo", "methods.Echo.breaker"));
  const expected: ClientPolicy[] = [
    { timeout: 500, retry: { maxBackoff: 900 } },
    { timeout: 500, retry: false, methods: { Echo: { breaker: {} } } },
    {},
  ];
  assertEquals(policies, expected);
});

Deno.test("clientPolicyFrom() keeps the last valid policy, and reports every problem with position", async () => {
  const { policies, step } = watching(clientPolicyFrom);
  await step("timeout: 500\n");
  assertEquals(
    await step("timeout: -1\nretry:\n  atempts: 3\nmethods: { Echo: { hedge: {} } }\n"),
    refused(
      `${KEY}:1:10: timeout is -1; use a number of at least 1, in milliseconds, or infinity`,
      `${KEY}:3:3: retry.atempts is not a key; did you mean retry.attempts?`,
      `${KEY}:4:20: methods.Echo.hedge.delay is missing; give a number of at least 0, in milliseconds`,
    ),
  );
  assertEquals(
    await step("retry:\n\tattempts: 3\n"),
    refused(`${KEY}:2:1: is indented with a tab; use spaces`),
  );
  assertEquals(
    await step("500\n"),
    refused(`${KEY}:1:1: the policy holds no keys; write "key: value" lines, with a space after the colon`),
  );
  assertEquals(policies, [{ timeout: 500 }]);
  assertEquals(await step("timeout: 500\n"), changed());
  assertEquals(await step("timeout: 600\n"), changed("timeout"));
  assertEquals(policies, [{ timeout: 500 }, { timeout: 600 }]);
});

Deno.test("clientPolicyFrom() does not report a missing key, nor an equal policy with different text", async () => {
  const { policies, lines, put, step } = watching(clientPolicyFrom);
  put(undefined);
  put("# nothing\n");
  put("");
  await step("timeout: 5\n");
  put("{timeout: 5}");
  put('"timeout": 5 # milliseconds');
  await step("timeout: 6\n");
  assertEquals([policies, lines.length], [[{ timeout: 5 }, { timeout: 6 }], 2]);
});

Deno.test("clientPolicyFrom() keeps the last policy if the listener throws", async () => {
  const { policies, step } = watching(clientPolicyFrom, ({ timeout }) => {
    if (timeout === 7) throw new Error("7 is unlucky");
  });
  await step("timeout: 5\n");
  assertEquals(await step("timeout: 7\n"), refused("Error: 7 is unlucky"));
  assertEquals(await step("timeout: 5\n"), changed());
  assertEquals(policies, [{ timeout: 5 }]);
});

Deno.test("clientPolicyFrom() delivers nothing after it is closed", async () => {
  const { policies, lines, put, watch, isWatched } = watching(clientPolicyFrom);
  put("timeout: 5\n");
  watch.close();
  const other = watching(clientPolicyFrom);
  await other.step("timeout: 5\n");
  assertEquals([policies, lines, isWatched()], [[], [], false]);
});

Deno.test("clientPolicyFrom() takes the last of the texts that come while one is taken", async () => {
  const { policies, lines, put, step } = watching(clientPolicyFrom);
  for (let timeout = 1; timeout < 1000; timeout++) put(`timeout: ${timeout}\n`);
  await step("timeout: 1000\n");
  await until(() => policies.at(-1)?.timeout === 1000, "the last one");
  assertEquals([policies.at(-1), policies.length <= 2, lines.length <= 2], [{ timeout: 1000 }, true, true]);
});

Deno.test("clientPolicyFrom() shortens long lists of problems and changes", async () => {
  const { lines, step } = watching(clientPolicyFrom);
  const many = (line: (i: number) => string, count = 400) => Array.from({ length: count }, (_, i) => line(i)).join("");
  const tooLarge = refused(`${KEY}: is too large for settings; use at most 4000 keys, values and signs`);
  assertEquals(
    await step("a: b: c\n".repeat(60_000)),
    refused(`${KEY}: is too large for settings; use at most 16384 bytes`),
  );
  assertEquals(await step(many((i) => `b${i}: *a\n`, 1000)), tooLarge);
  assertEquals(await step(JSON.stringify(Array(1500).fill({}))), tooLarge);
  assertEquals(await step(many(() => "b: *a\n")), refused(`${KEY}: has 400 aliases; write out all but 100`));
  for (const text of [many((i) => `x${i}: 1\n`), "a: b: c\n".repeat(250), "timeout: 5\n".repeat(400)]) {
    const [level, fields] = await step(text);
    const problems = (fields as { problems: string[] }).problems;
    assertEquals([level, problems.length], ["warn", 21], text.slice(0, 10));
    assertEquals(/^and \d+ more$/.test(problems.at(-1)!), true, problems.at(-1));
  }
  const methods = many((i) => `  M${i}: { timeout: 5 }\n`, 200);
  const [level, fields] = await step(`methods:\n${methods}`);
  const { changed } = fields as { changed: string[] };
  assertEquals([level, changed.length, changed.at(-1)], ["info", 21, "and 380 more"]);
  for (const [, fields] of lines) assertEquals(JSON.stringify(fields).length < 12_000, true);
});

Deno.test("serverPolicyFrom() delivers a server's policy", async () => {
  const { policies, step } = watching(serverPolicyFrom);
  assertEquals(
    await step("rate: { rate: 5 }\nmethods: { /echo.EchoService/Echo: { concurrency: { queue_timeout: 5 } } }\n"),
    changed(
      "rate",
      "rate.rate",
      'methods["/echo.EchoService/Echo"]',
      'methods["/echo.EchoService/Echo"].concurrency',
      'methods["/echo.EchoService/Echo"].concurrency.queue_timeout',
    ),
  );
  const expected: ServerPolicy[] = [{
    rate: { rate: 5 },
    methods: { "/echo.EchoService/Echo": { concurrency: { queueTimeout: 5 } } },
  }];
  assertEquals(policies, expected);
  assertEquals((await step("retry: {}\n"))[0], "warn");
});

Deno.test("clientPolicyFrom() rejects a store that cannot watch keys, and an invalid key", () => {
  const { store } = memoryStore();
  assertThrows(
    () => clientPolicyFrom({} as KeyValue, KEY),
    TypeError,
    "clientPolicyFrom: store has no function watchKey",
  );
  for (const key of ["", "/a", "a//b", "a/", 5 as unknown as string]) {
    assertThrows(
      () => clientPolicyFrom(store, key),
      TypeError,
      `clientPolicyFrom: key is ${JSON.stringify(key)}; use a key`,
    );
  }
});
