import { assertEquals } from "@std/assert";
import * as codec from "./codec/mod.ts";
import * as kit from "./mod.ts";

/** The values that mod.ts exports, without those of codec/mod.ts. Adding or removing a name changes the public API. */
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
  "configure",
  "consul",
  "contextKey",
  "createClient",
  "createLogger",
  "createServer",
  "currentCall",
  "detached",
  "errorDetail",
  "fields",
  "formatAddress",
  "httpStatus",
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
