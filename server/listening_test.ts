import { assertEquals, assertRejects } from "@std/assert";
import { EchoService } from "../proto/echo.ts";
import { type Address, formatAddress, parseListenAddress } from "../base/address.ts";
import { createLogger } from "../base/logger.ts";
import { makeAuthority } from "../tests/certificates.ts";
import { needs } from "../tests/needs.ts";
import { listening } from "./listening.ts";
import type { ServerOptions } from "./options.ts";
import { createServer } from "./create_server.ts";
import { grpcJs } from "../transport/grpc_js/mod.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "read" }, {
  name: "write",
}];

async function refusal(options: Partial<ServerOptions>): Promise<Error> {
  const server = createServer({ name: "echo", address: "127.0.0.1:0", logger: createLogger("silent"), ...options });
  return await assertRejects(() => server.add(EchoService, { echo: () => ({}) }).start(), Error);
}

needs(
  [...PERMISSIONS, { name: "run" }],
  "the error of an address in use names the option and a remedy, for any kind of listener",
  async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `127.0.0.1:${taken.addr.port}`;
    await using authority = await makeAuthority();
    const tls = await authority.sign("server", "subjectAltName=IP:127.0.0.1");
    for (
      const options of [{ address }, { address, tls }, { address, transport: grpcJs() }, {
        health: { address },
      }]
    ) {
      const error = await refusal(options);
      assertEquals(error instanceof Deno.errors.AddrInUse, true, error.message);
      const option = "health" in options ? "health.address" : "address";
      assertEquals(
        error.message,
        `createServer: ${option} ${address} is in use; stop what listens there or choose another`,
      );
    }
  },
);

needs(PERMISSIONS, "an address that is not this machine's, or no host's, is named with its option", async () => {
  // 192.0.2.0/24 is for documentation (RFC 5737), and names under .invalid never resolve (RFC 2606).
  for (const address of ["192.0.2.1:0", "nobody.invalid:0"]) {
    for (const [option, options] of [["address", { address }], ["health.address", { health: { address } }]] as const) {
      const { message, cause } = await refusal(options);
      assertEquals(message.startsWith(`createServer: ${option} ${address}: can't listen there: `), true, message);
      assertEquals(cause instanceof Error, true);
    }
  }
});

needs([{ name: "net" }], "[::] is 0.0.0.0 where the system has no IPv6, and only [::] is", async () => {
  const tried: string[] = [];
  const listen = (address: Address) => {
    tried.push(formatAddress(address));
    if (!formatAddress(address).startsWith("[")) return formatAddress(address);
    throw Object.assign(new Error("Address family not supported by protocol (os error 97)"), { code: "EAFNOSUPPORT" });
  };
  const at = (text: string) => listening("address", parseListenAddress(text, "address"), listen);
  assertEquals(await at(":8888"), "0.0.0.0:8888");
  assertEquals(await at("[::]:8888"), "0.0.0.0:8888");
  await assertRejects(
    () => at("[::1]:8888"),
    Error,
    "createServer: address [::1]:8888: can't listen there: Address family",
  );
  assertEquals(tried, ["[::]:8888", "0.0.0.0:8888", "[::]:8888", "0.0.0.0:8888", "[::1]:8888"]);
});
