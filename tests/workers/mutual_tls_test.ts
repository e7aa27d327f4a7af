import { assert, assertEquals } from "@std/assert";
import { makeAuthority } from "../certificates.ts";
import { startChild } from "../child.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { callBy, isResumed, takeTicket } from "../tls/openssl_client.ts";

const ALL: Deno.PermissionDescriptor[] = ["net", "run", "read", "write"].map((name) => ({ name })) as never;

needs(ALL, "a worker with mutual TLS is not passed by a session that was not made for it", async () => {
  await using before = await makeAuthority();
  await using after = await makeAuthority();
  const own = await before.sign("server", "subjectAltName=IP:127.0.0.1");
  const setup = { tls: { ...own, ca: before.ca }, nextTls: { ...own, ca: after.ca } };
  await using child = startChild(new URL("https_beside.ts", import.meta.url), setup);
  try {
    // Which thread speaks first is open.
    const [first, second] = [JSON.parse(await child.line()), JSON.parse(await child.line())];
    const { address, plain } = { ...first, ...second };
    const client = await before.sign("client", "extendedKeyUsage=clientAuth");
    for (const version of ["1.2", "1.3"] as const) {
      const ticket = await takeTicket(plain, { version, alpn: "http/1.1" });
      assert(await isResumed(address, { version, ticket }));
      assertEquals(await callBy(address, { version, ticket }), undefined);
      assertEquals(await callBy(address, { version, own: client }), "client");
    }
    const versions = ["1.2", "1.3"] as const;
    const tickets = await Promise.all(versions.map((version) => takeTicket(address, { version, own: client })));
    Deno.kill(child.pid, "SIGUSR1");
    assertEquals(JSON.parse(await child.line()), { changed: true });
    await until(
      async () => await callBy(address, { version: "1.3", own: client }) === undefined,
      "the worker has changed",
    );
    for (const [i, version] of versions.entries()) {
      assert(await isResumed(address, { version, own: client, ticket: tickets[i]! }));
      assertEquals(await callBy(address, { version, own: client, ticket: tickets[i]! }), undefined);
    }
  } finally {
    await child.kill();
  }
});
