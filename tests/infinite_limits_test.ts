import { assertEquals } from "@std/assert";
import { createClient, createServer, type Limits, type Logger } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import { needs } from "./needs.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

needs([{ name: "net" }], "each limit may be Infinity, on both sides, and calls succeed", async () => {
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    const limits: Partial<Limits> = { [name]: Infinity };
    await using server = createServer({ name: "echo", address: "127.0.0.1:0", limits, logger });
    await server.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) }).start();
    await using client = createClient(EchoService, { address: server.address, limits, logger });
    assertEquals((await client.echo({ mes: name }, { timeout: 10_000 })).resp, name);
  }
});
