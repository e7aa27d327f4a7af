import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { ConfigError } from "./problem.ts";

const FILE = "conf/test/conf.yaml";
const LEAST = "kitex:\n  service: echoservice\n  address: :8888\n";

const parse = (source: string, variables?: Record<string, string>): Promise<Config> =>
  parseConfig(source, FILE, "test", variables);

async function problems(source: string, variables?: Record<string, string>): Promise<readonly string[]> {
  const error = await assertRejects(() => parse(source, variables), ConfigError) as ConfigError;
  return error.message.split("\n  ").slice(1);
}

Deno.test("parseConfig() shows no secret in a message", async () => {
  const sources = [
    `${LEAST}registry: { password: 24681357 }\n`,
    `${LEAST}registry: { token: [24681357] }\n`,
    `${LEAST}registry: { token: !24681357 }\n`,
    `${LEAST}registry: { token: *24681357 }\n`,
    `${LEAST}registry: { token: "\\q24681357" }\n`,
    `${LEAST}registry: { token: @24681357 }\n`,
    `${LEAST}registry: { token: 'x' 24681357 }\n`,
    `${LEAST}mysql:\n  dsn: a: 24681357\n`,
  ];
  for (const source of sources) {
    const [problem, ...more] = await problems(source);
    assertStringIncludes(problem!, FILE);
    assertEquals([problem!.includes("24681357"), more], [false, []], `${source} gave ${problem}`);
  }
});

Deno.test("parseConfig() reports invalid YAML with line, column and a remedy", async () => {
  const cases: [source: string, problem: string][] = [
    ["kitex:\n\tservice: a\n", "2:1: is indented with a tab; use spaces"],
    [
      "kitex:\n  service: a\n address: b\n",
      '3:1: is indented wrongly; give all keys of a section the same number of spaces, and close each "[" and "{"',
    ],
    [
      "kitex:\n  service: a: b\n",
      '2:12: has more than one key in the line; put each key in its own line, and a text with ": " in quotes',
    ],
    [
      'kitex:\n  service: "a\n',
      '3:1: lacks a sign: a closing quote, a ":" after a key, or a "," between items',
    ],
    [
      "kitex:\n  service: @a\n",
      '2:12: has a value that begins with a sign of YAML such as "@", "`" or "%"; put it in quotes',
    ],
    ["a: 1\n---\nb: 2\n", '2:1: begins a second document; keep one, and remove the line "---"'],
    ["a: !x 1\n", '1:4: has a tag, which settings don\'t use; put a text that begins with "!" in quotes'],
    ["? [a]\n: 1\n", "1:3: has a key that is not a text"],
  ];
  for (const [source, problem] of cases) assertEquals(await problems(source), [`${FILE}:${problem}`]);
});

Deno.test("parseConfig() rejects duplicate keys", async () => {
  assertEquals(await problems(`${LEAST}  service: other\nkitex: {}\n`), [
    `${FILE}:4:3: kitex.service comes twice, first in line 2; keep one of them`,
    `${FILE}:5:1: kitex comes twice, first in line 1; keep one of them`,
  ]);
});

Deno.test("parseConfig() follows an alias, but not into nothing", async () => {
  const { registry } = await parse(
    `kitex: { service: &name echoservice, address: ":1" }\nregistry: { username: *name }\n`,
  );
  assertEquals(registry.username, "echoservice");
  const alias = "has an alias that stands for nothing, or for too much; write it out";
  assertEquals(await problems(`${LEAST}registry: { username: *nobody }\n`), [
    `${FILE}:4:23: registry.username ${alias}`,
  ]);
  assertEquals(await problems(`${LEAST}registry: { registry_address: &self [*self] }\n`), [
    `${FILE}:4:38: registry.registry_address[0] is a list; use "host:port", for example "127.0.0.1:8500", and no URL: TLS is the option "tls" of consul()`,
  ]);
});

Deno.test("parseConfig() rejects nesting that would exhaust the stack", async () => {
  for (const one of ["[", "{ a: ", "- ", "? "]) {
    const [problem] = await problems(one.repeat(4000));
    assertStringIncludes(problem!, "is nested too deeply for settings");
  }
});

Deno.test("parseConfig() counts lines and columns right after a byte order mark and with CRLF", async () => {
  assertEquals((await parse(`\ufeff${LEAST}`)).kitex.service, "echoservice");
  assertEquals(await problems(`\ufeffx: 1\n${LEAST}`), [
    `${FILE}:1:1: x is not a key; the file may have kitex, registry, mysql, redis, dinokit; configure({ sections }) declares others`,
  ]);
  assertEquals(await problems(`\ufeff${LEAST}  port: 1\n`.replaceAll("\n", "\r\n")), [
    `${FILE}:4:3: kitex.port is not a key; kitex may have service, address, log_level, log_file_name, log_max_size, log_max_age, log_max_backups`,
  ]);
});

/** Texts that cost much more than their size, each with what is said of it. */
const BOMBS: Record<string, [source: () => string, problem: RegExp]> = {
  "aliases": [() => `${LEAST}${"  x: *a\n".repeat(7000)}`, /^\S+: is too large for settings; use at most 30000 keys/],
  "fewer aliases": [() => `${LEAST}${"  x: *a\n".repeat(101)}`, /^\S+: has 101 aliases; write out all but 100$/],
  "aliases of large sections": [
    () => {
      const large = Array.from({ length: 1000 }, (_, i) => `      x${i}: 1\n`).join("");
      const clients = Array.from({ length: 99 }, (_, i) => `    c${i}: *a\n`).join("");
      return `${LEAST}dinokit:\n  clients:\n    c: &a\n${large}${clients}`;
    },
    /^\S+:7:7: dinokit\.clients\.c\.x0 is not a key/,
  ],
  "aliases of aliases": [
    () => {
      const ten = (item: string) => `[${Array(10).fill(item).join(", ")}]`;
      return `${LEAST}x: &a ${ten("x")}\ny: &b ${ten("*a")}\nregistry: { registry_address: ${ten("*b")} }\n`;
    },
    /^\S+:4:1: x is not a key/,
  ],
  "bytes": [() => `${LEAST}# ${"x".repeat(2 ** 18)}`, /^\S+: is too large for settings; use at most 262144 bytes$/],
  "brackets": [() => "]".repeat(29_000), /^\S+:1:1: has something that can't stand there/],
  "commas": [() => `[${",".repeat(29_000)}`, /^\S+:1:3: has something that can't stand there/],
  "escapes": [() => `a: "${"\\q".repeat(50_000)}"`, /^\S+:1:5: has an unknown escape/],
  "a mistake in each line": [() => "a: b: c\n".repeat(2500), /^\S+:1:4: has more than one key in the line/],
  "an unknown key in each line": [
    () => Array.from({ length: 4000 }, (_, i) => `k${i}: 1\n`).join(""),
    /:1:1: k0 is not a key/,
  ],
  "one key in each line": [() => "kitex: 1\n".repeat(4000), /^\S+:1:1: kitex holds no keys/],
  "keys whose hashes collide": [
    () => Array.from({ length: 4000 }, (_, i) => `"${i * 65_536}": 1\n`).join(""),
    /^\S+:1:1: \["0"\] is not a key|^\S+:1:1: 0 is not a key/,
  ],
  "a long key over many": [
    () =>
      `${LEAST}dinokit: { clients: { ${"x".repeat(2e5)}: { ${Array.from({ length: 4000 }, (_, i) => `k${i}: 1`)} } } }`,
    /^\S+:4:23: dinokit\.clients has a key of 200000 characters; use at most 256$/,
  ],
};

for (const [what, [source, problem]] of Object.entries(BOMBS)) {
  Deno.test(`parseConfig() shortens long lists of problems: ${what}`, async () => {
    const told = await problems(source());
    assertMatch(told[0]!, problem);
    assert(told.length <= 21 && told.join("\n").length < 12_000, `${told.length} lines of ${told.join("\n").length}`);
  });
}
