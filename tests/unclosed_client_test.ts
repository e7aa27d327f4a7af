import { assertEquals } from "@std/assert";
import { createServer, type ServerTls } from "../mod.ts";
import { type Child, startChild } from "./child.ts";
import { makeAuthority } from "./certificates.ts";
import { kindsHandlers } from "./kinds.ts";
import { needs } from "./needs.ts";
import { Kinds } from "./proto/kinds.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = ["run", "read", "write", "net", "env"].map((name) =>
  ({ name }) as never
);
const PROGRAM = new URL("unclosed_client.ts", import.meta.url);
/**
 * Far below `limits.idleTimeout`, after which the connection is closed anyway, and far above what a busy machine takes.
 */
const SOON_MS = 60_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function serve(address: string, tls?: ServerTls) {
  return createServer({ name: "kinds", address, tls, logger: quiet }).add(Kinds, kindsHandlers());
}

/** The code that a program ends with by itself; undefined if it goes on. */
async function codeOf(child: Child): Promise<number | void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SOON_MS);
  return await Promise.race([child.code, promise]).finally(() => clearTimeout(timer));
}

needs(PERMISSIONS, "a program ends when its calls have ended, though it did not close its client", async () => {
  const folder = await Deno.makeTempDir();
  await using authority = await makeAuthority();
  const signed = await authority.sign("localhost", "subjectAltName=DNS:localhost");
  const cases: [address: string, ServerTls | undefined][] = [
    ["127.0.0.1:0", undefined],
    [`unix:${folder}/kinds.sock`, undefined],
    ["127.0.0.1:0", signed],
  ];
  for (const [address, tls] of cases) {
    await using server = serve(address, tls);
    await server.start();
    const options = { address: server.address, tls: tls && { ca: authority.ca, serverName: "localhost" } };
    await using child = startChild(PROGRAM, ["hello", "", options]);
    assertEquals(await child.line(), "hello");
    assertEquals(await codeOf(child), 0, child.log);
  }
  await Deno.remove(folder, { recursive: true });
});

needs(
  PERMISSIONS,
  "a program does not end while a call waits for its answer, on a connection that had none for a while",
  async () => {
    await using server = serve("127.0.0.1:0");
    await server.start();
    await using child = startChild(PROGRAM, ["hello", "sleep:2500", { address: server.address }]);
    assertEquals([await child.line(), await child.line()], ["hello", "sleep:2500"]);
    assertEquals(await codeOf(child), 0, child.log);
  },
);
