import { assertEquals } from "@std/assert";
import { needs } from "../tests/needs.ts";
import { currentScope, runInScope } from "../rpc/context.ts";
import { NO_METAINFO } from "../rpc/metainfo.ts";
import { outsideScopes } from "./outside_scopes.ts";

needs([{ name: "net" }], "an import outside of scopes leaves no scope behind", async () => {
  const scope = { lateAt: 1, signal: undefined, outgoing: NO_METAINFO, retriesExhausted() {} };
  await runInScope(scope, async () => {
    // The module must not be loaded yet.
    await outsideScopes(() => import(`data:text/javascript,export default ${Date.now()}`));
    assertEquals(currentScope(), scope);
  });
  const seen: unknown[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    seen.push(currentScope().lateAt);
    return new Response();
  });
  await (await fetch(`http://127.0.0.1:${server.addr.port}`)).text();
  assertEquals(seen, [undefined]);
});
