import { assertEquals } from "@std/assert";
import * as codec from "./codec/mod.ts";
import * as kit from "./mod.ts";

/**
 * What is there at run time, beside what generated code is made of. A name more or less is a change of the public API.
 */
const NAMES = [
  "BizError",
  "ConfigError",
  "Metadata",
  "RpcError",
  "Status",
  "VERSION",
  "clientPolicyFrom",
  "clientState",
  "configLogger",
  "configPermissions",
  "consul",
  "createClient",
  "createLogger",
  "createServer",
  "errorDetail",
  "formatAddress",
  "loadConfig",
  "memoryRegistry",
  "memoryTransport",
  "parseAddress",
  "readTls",
  "serverPolicyFrom",
  "staticAddresses",
  "statusName",
  "withMetainfo",
];

Deno.test("mod.ts exports these values, those of codec/mod.ts, and no others", () => {
  assertEquals(Object.keys(kit).sort(), [...NAMES, ...Object.keys(codec)].sort());
});
