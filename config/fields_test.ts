import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fields } from "./fields.ts";
import { type OwnSections, type OwnValues, schemaWith } from "./own_sections.ts";
import { parseSettings } from "./parse.ts";
import { ConfigError } from "./problem.ts";

const LEAST = `kitex:\n  service: a\n  address: ":1"\n`;

const sections = {
  payment: {
    url: fields.url(),
    apiKey: fields.secret({ optional: true }),
    retries: fields.integer({ max: 5, default: 3 }),
    share: fields.number({ max: 1, default: 0.5 }),
    currency: fields.oneOf(["EUR", "USD"], { default: "EUR" }),
    isLive: fields.boolean({ default: false }),
    timeout: fields.milliseconds({ default: 500 }),
    hosts: fields.list(fields.address(), { default: [] }),
    sizes: fields.list(fields.integer(), { optional: true }),
    card: { name: fields.string({ default: "visa" }) },
  },
};

async function parse<S extends OwnSections>(text: string, own: S, variables: Record<string, string> = {}) {
  return (await parseSettings<S>(LEAST + text, "conf.yaml", "test", variables, schemaWith("configure", own))).config;
}

async function problems(text: string, own: OwnSections = sections, variables: Record<string, string> = {}) {
  const error: ConfigError = await assertRejects(() => parse(text, own, variables), ConfigError);
  return error.problems.map(({ line, column, variable, message }) => `${variable ?? `${line}:${column}`}: ${message}`);
}

Deno.test("a custom section is read by its declarations, with defaults and types", async () => {
  const { payment } = await parse(
    `payment: { url: "https://pay.example.com", api_key: k, hosts: [a:1, b:2], is_live: true, card: { name: m } }\n`,
    sections,
  );
  const typed: {
    url: string;
    apiKey: string | undefined;
    retries: number;
    currency: "EUR" | "USD";
    hosts: readonly string[];
    card: { name: string };
  } = payment;
  assertEquals(typed, payment);
  assertEquals(payment as unknown, {
    url: "https://pay.example.com",
    apiKey: "k",
    retries: 3,
    share: 0.5,
    currency: "EUR",
    isLive: true,
    timeout: 500,
    hosts: ["a:1", "b:2"],
    card: { name: "m" },
  });
  assertEquals(Object.isFrozen(payment), true);
  // @ts-expect-error -- an optional field may be undefined
  const key: OwnValues<typeof sections>["payment"]["apiKey"] extends string ? string : never = "";
  void key;
});

Deno.test("variables override the fields of a custom section", async () => {
  const { payment } = await parse("", sections, {
    DINOKIT_PAYMENT_URL: "http://127.0.0.1:9",
    DINOKIT_PAYMENT_RETRIES: "0",
    DINOKIT_PAYMENT_SHARE: "0.25",
    DINOKIT_PAYMENT_IS_LIVE: "true",
    DINOKIT_PAYMENT_HOSTS: "a:1, b:2",
    DINOKIT_PAYMENT_SIZES: "1,2",
    DINOKIT_PAYMENT_CARD_NAME: "m",
  });
  assertEquals([payment.url, payment.retries, payment.share, payment.isLive], ["http://127.0.0.1:9", 0, 0.25, true]);
  assertEquals([payment.hosts, payment.sizes, payment.card.name], [["a:1", "b:2"], [1, 2], "m"]);
});

Deno.test("reports problems in custom sections with position, without secrets", async () => {
  assertEquals(
    await problems(`payment:
  urll: "https://a"
  api_key: 12345
  retries: 9
  currency: EURO
  hosts: [a]
paymnt: {}
`),
    [
      "5:3: payment.urll is not a key; did you mean payment.url?",
      "6:12: payment.api_key is a number; use a text (in quotes)",
      "7:12: payment.retries is 9; use a whole number from 0 to 5",
      '8:13: payment.currency is "EURO"; did you mean EUR? Use EUR or USD',
      '9:11: payment.hosts[0] is "a"; use "host:port" with a port from 1 to 65535, or "unix:/path", for example "127.0.0.1:8888"',
      "10:1: paymnt is not a key; did you mean payment?",
    ],
  );
  const url = 'an absolute URL, for example "https://pay.example.com/v1"';
  assertEquals(await problems(""), [`1:1: payment.url is missing; give ${url}`]);
  assertEquals(
    await problems("", sections, { DINOKIT_PAYMENT_URL: "pay", DINOKIT_PAYMENT_API_KEI: "x" }),
    [
      "DINOKIT_PAYMENT_API_KEI: matches no key; did you mean DINOKIT_PAYMENT_API_KEY?",
      `DINOKIT_PAYMENT_URL: payment.url is a text; use ${url}`,
    ].toSorted(),
  );
});

Deno.test("sections with a taken name, a name in another case or no declarations are rejected", () => {
  const own = { url: fields.url() };
  for (const name of ["kitex", "redis", "dinokit", "file", "limits", "clients", "health"]) {
    assertThrows(
      () => schemaWith("configure", { [name]: own }),
      TypeError,
      `configure: sections.${name} has the name of one of the kit's own keys; use another name`,
    );
  }
  for (const name of ["pay_ment", "Pay", "pay-ment", "", "__proto__x"]) {
    assertThrows(() => schemaWith("configure", { [name]: own }), TypeError, "is not a name in camel case");
  }
  assertThrows(
    () => schemaWith("configure", { payment: { card_name: fields.string() } }),
    TypeError,
    'configure: sections.payment.card_name is not a name in camel case; use letters and digits, such as "apiKey"',
  );
  for (const wrong of [{}, [], "text", null, 5, () => {}]) {
    assertThrows(
      () => schemaWith("configure", { payment: wrong as never }),
      TypeError,
      "configure: sections.payment declares no field; use { url: fields.url() }",
    );
  }
  assertThrows(
    () => schemaWith("configure", { pay: { cardName: fields.string(), card: { name: fields.string() } } }),
    TypeError,
    "configure: sections: pay.card_name and pay.card.name have the same variable DINOKIT_PAY_CARD_NAME; rename one",
  );
});

Deno.test("fields reject unknown options, and defaults that are not allowed", () => {
  assertThrows(() => fields.string({ defualt: "a" } as never), TypeError, "fields.string: defualt is not an option");
  assertThrows(() => fields.integer({ max: 5, default: 9 }), RangeError, "fields.integer: default is 9");
  assertThrows(() => fields.oneOf(["a", "b"], { default: "c" as "a" }), TypeError, "fields.oneOf: default is");
  assertThrows(() => fields.secret({ default: 5 as never }), TypeError, "fields.secret: default is a number");
});
