import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createLogger } from "../../base/logger.ts";
import { consul, type ConsulOptions } from "./consul.ts";

const silent = createLogger("silent");
const HERE = "127.0.0.1:8500";

Deno.test("consul() needs to connect to the agent, and nothing else", () => {
  assertEquals(consul(HERE).permissions, [{ name: "net", host: HERE }]);
  assertEquals(consul("[::1]:8500").permissions, [{ name: "net", host: "[::1]:8500" }]);
});

Deno.test("consul() rejects an invalid address", () => {
  for (const address of ["", "127.0.0.1", "127.0.0.1:70000", "http://127.0.0.1:8500"]) {
    assertThrows(() => consul(address), TypeError, "consul: address");
  }
  for (const address of ["127.0.0.1:0", "unix:/run/consul.sock"]) {
    const { message } = assertThrows(() => consul(address), TypeError);
    assertEquals(
      message,
      `consul: address is "${address}"; use "host:port", for example "127.0.0.1:8500", and no URL: ` +
        'TLS is the option "tls" of consul()',
    );
  }
});

Deno.test("consul() rejects an unknown option or an invalid value, and names the option", () => {
  const refused = (options: unknown) => assertThrows(() => consul(HERE, options as ConsulOptions)).message;
  assertEquals(refused({ tokn: "x" }), "consul: tokn is not an option; did you mean token?");
  assertEquals(refused({ namespace: "" }), 'consul: namespace is ""; use a text that is not empty');
  assertEquals(refused({ datacenter: 7 }), "consul: datacenter is 7; use a text that is not empty (in quotes)");
  assertStringIncludes(refused({ tls: true }), "consul: tls is true; use {} for the authorities that Deno trusts");
  assertStringIncludes(
    refused({ tls: { servername: "x" } }),
    "consul: tls.servername is not an option; did you mean tls.serverName?",
  );
  assertStringIncludes(refused({ tls: { ca: 7 } }), "consul: tls.ca is a number; use a PEM text");
  assertStringIncludes(refused({ tls: { key: "x" } }), "consul: tls.cert and tls.key belong together");
  assertStringIncludes(refused({ tls: { serverName: "a:1" } }), 'consul: tls.serverName is "a:1"; use the DNS name');
  assertEquals(refused({ grace: "1s" }), 'consul: grace is "1s"; use a number from 0 to 86400000, in milliseconds');
});

Deno.test("consul() rejects allowed addresses that are not a list or an empty list", () => {
  for (const allowAddresses of [[], "10.0.0.0/8", null]) {
    assertThrows(
      () => consul(HERE, { allowAddresses: allowAddresses as never }),
      TypeError,
      "consul: allowAddresses is",
    );
  }
});

Deno.test("consul() rejects numbers that Consul would silently change", () => {
  const refused = (options: ConsulOptions) => assertThrows(() => consul(HERE, options), RangeError).message;
  assertEquals(
    refused({ checkInterval: 999 }),
    "consul: checkInterval is 999; use a number from 1000 to 86400000, in milliseconds",
  );
  assertEquals(
    refused({ checkTimeout: 0 }),
    "consul: checkTimeout is 0; use a number from 1 to 86400000, in milliseconds",
  );
  assertStringIncludes(
    refused({ deregisterCriticalServiceAfter: 1000 }),
    "is 1000; use a number from 60000 to 86400000",
  );
  assertEquals(refused({ wait: 600_001 }), "consul: wait is 600001; use a number from 1000 to 600000, in milliseconds");
  assertEquals(refused({ wait: NaN }), "consul: wait is NaN; use a number from 1000 to 600000, in milliseconds");
  assertEquals(refused({ grace: -1 }), "consul: grace is -1; use a number from 0 to 86400000, in milliseconds");
});

Deno.test("consul() rejects a token that no header can carry, and does not repeat it in the error", () => {
  for (const token of ["secret\r\nx-evil: 1", "secret secret", "sécret", 7]) {
    const { message } = assertThrows(() => consul(HERE, { token: token as string }), TypeError);
    assertEquals(message, "consul: token is no text of visible ASCII characters; use a token's SecretID");
  }
  consul(HERE, { token: " 3b0e9f6c\n" });
});

Deno.test("consul() needs to read its tokenFile too, and takes it or a token", () => {
  assertEquals(consul(HERE, { tokenFile: "/run/secrets/consul" }).permissions, [
    ...consul(HERE).permissions,
    { name: "read", path: "/run/secrets/consul" },
  ]);
  assertThrows(
    () => consul(HERE, { tokenFile: "x", token: "y" }),
    TypeError,
    "consul: token and tokenFile are both given",
  );
  assertThrows(() => consul(HERE, { tokenFile: 1 as never }), TypeError, "consul: tokenFile is 1; use a text");
});

Deno.test("consul().register() and watch() reject a service that Consul can't store before anything is sent", () => {
  const { register, watch } = consul(HERE);
  assertThrows(() => register({ name: "a/b", address: "127.0.0.1:1" }, silent), TypeError, "consul: name");
  assertThrows(() => register({ name: "a", address: "127.0.0.1:1", weight: 0 }, silent), TypeError, "consul: weight");
  assertThrows(() => watch("a/b", () => {}, silent), TypeError, "consul: name");
});

Deno.test("consul().watchKey() rejects a key that no path can hold", () => {
  const { watchKey } = consul(HERE);
  for (const key of ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\n", 7]) {
    assertThrows(() => watchKey(key as string, () => {}, silent), TypeError, "consul: key is");
  }
});
