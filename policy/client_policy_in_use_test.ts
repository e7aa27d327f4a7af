import { assertEquals, assertThrows } from "@std/assert";
import { createClient, memoryTransport } from "../mod.ts";
import type { ClientPolicy, PolicySource } from "./policy.ts";
import { EchoService } from "../proto/echo.ts";
import { recordingLogger } from "../tests/observe.ts";
import { PolicyInUse } from "./client_policy_in_use.ts";

const { echo } = EchoService.methods;

/** A source that tells what a test wants it to. */
function source(permissions: Deno.PermissionDescriptor[] = []) {
  let tell: ((policy: ClientPolicy) => void) | undefined;
  const source: PolicySource<ClientPolicy> = {
    permissions,
    watch(listener) {
      tell = listener;
      return { close: () => tell = undefined };
    },
  };
  return { source, tell: (policy: ClientPolicy) => tell!(policy), isWatched: () => tell !== undefined };
}

Deno.test("values from a policy source override the options; each change replaces the previous one", () => {
  const live = source();
  const own: ClientPolicy = { timeout: 5, slowStart: 1, methods: { Echo: { retry: { attempts: 2 } } } };
  const policy = new PolicyInUse(own, live.source, EchoService, recordingLogger());
  let changes = 0;
  policy.onChange(() => changes++);
  policy.open();
  const holds = () => {
    const { timeout, retry, breaker } = policy.method(echo);
    return [timeout, retry?.attempts, breaker?.samples, policy.service.slowStart];
  };
  assertEquals(holds(), [5, 2, undefined, 1]);
  live.tell({ timeout: 6, slowStart: 2, methods: { Echo: { breaker: { samples: 7 } } } });
  assertEquals(holds(), [6, 2, 7, 2]);
  live.tell({ methods: { Echo: { retry: false } } });
  assertEquals(holds(), [5, undefined, undefined, 1]);
  live.tell({});
  assertEquals([...holds(), changes], [5, 2, undefined, 1, 3]);
  policy.close();
  assertEquals(live.isWatched(), false);
});

Deno.test("rejects an invalid policy and keeps the previous one", () => {
  const live = source();
  const policy = new PolicyInUse({ timeout: 5, retry: {} }, live.source, EchoService, recordingLogger());
  policy.onChange(() => assertEquals(policy.method(echo).timeout, 6));
  policy.open();
  live.tell({ timeout: 6 });
  const cases: [ClientPolicy, string][] = [
    [{ timeout: 7, hedge: { delay: 1 } }, "hedge stands beside retry"],
    [{ timeout: 7, methods: { echo: {} } }, "methods.echo is no method of echo.EchoService; did you mean Echo?"],
    [{ timeout: 7, balancer: "consistent_hash" }, 'balancer is "consistent_hash", which needs a hash key'],
  ];
  for (const [wrong, message] of cases) assertThrows(() => live.tell(wrong), Error, message);
  assertEquals(policy.method(echo).timeout, 6);
  policy.close();
});

Deno.test({
  name: "createClient() needs the permissions of its policy source",
  permissions: "none",
  fn: () => {
    const live = source([{ name: "net", host: "127.0.0.1:8500" }]);
    assertThrows(
      () => createClient(EchoService, { address: "memory:a", transport: memoryTransport(), policy: live.source }),
      Deno.errors.NotCapable,
      "--allow-net=127.0.0.1:8500",
    );
  },
});

Deno.test("createClient() rejects a policy that is not a source", () => {
  assertThrows(
    () => createClient(EchoService, { address: "memory:a", policy: { timeout: 5 } as never }),
    TypeError,
    "createClient: policy has no function watch",
  );
});
