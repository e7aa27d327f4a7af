import { assertEquals } from "@std/assert";
import { Store } from "../tests/proto/idempotent.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import type { ClientPolicy } from "./policy.ts";
import { mergePolicy } from "./merge.ts";
import { methodRules } from "./client_rules.ts";
import { gateRules } from "./server_rules.ts";

Deno.test("idempotent methods are retried by default, others if configured; a hedge or false turns retries off", () => {
  const { get, append } = Store.methods;
  assertEquals(methodRules({}, get).retry, {
    attempts: 3,
    backoff: 50,
    backoffMultiplier: 2,
    maxBackoff: 1000,
    statuses: new Set([14]),
  });
  assertEquals(methodRules({}, append).retry, undefined);
  assertEquals(methodRules({ methods: { Append: { retry: { attempts: 2 } } } }, append).retry?.attempts, 2);
  assertEquals(methodRules({ retry: false }, get).retry, undefined);
  assertEquals(methodRules({ hedge: { delay: 5 } }, get).retry, undefined);
  assertEquals(methodRules({ hedge: { delay: 5 } }, get).hedge?.delay, 5);
});

Deno.test("a hedge of the service skips methods with streamed requests", () => {
  const { unary, serverStream, clientStream, bidi } = Kinds.methods;
  const hedged = [unary, serverStream, clientStream, bidi].map((one) =>
    methodRules({ hedge: { delay: 5 } }, one).hedge
  );
  assertEquals(hedged.map((one) => one?.delay), [5, 5, undefined, undefined]);
});

Deno.test("a timeout of the service is for unary calls, one of a method for that method of any kind", () => {
  const { unary, bidi } = Kinds.methods;
  const policy = { timeout: 5, methods: { Bidi: { timeout: 7 } } };
  assertEquals([unary, bidi].map((one) => methodRules(policy, one).timeout), [5, 7]);
  assertEquals([unary, bidi].map((one) => methodRules({ timeout: 5 }, one).timeout), [5, undefined]);
});

Deno.test("a server's rules for a method name the entry of each field", () => {
  const { unary } = Kinds.methods;
  const rules = gateRules({ methods: { Unary: { rate: { rate: 5 } }, [unary.path]: { concurrency: {} } } }, unary);
  assertEquals(rules.rate?.option, "methods.Unary.rate");
  assertEquals(rules.concurrency?.option, `methods["${unary.path}"].concurrency`);
});

Deno.test("mergePolicy() replaces field by field, in each method too", () => {
  const under: ClientPolicy = {
    timeout: 1,
    retry: { attempts: 5 },
    methods: { A: { timeout: 2, retry: {} }, B: { timeout: 3 } },
  };
  const over: ClientPolicy = { retry: {}, methods: { A: { timeout: 9 }, constructor: { timeout: 4 } } };
  assertEquals(mergePolicy(under, over), {
    timeout: 1,
    retry: {},
    methods: { A: { timeout: 9, retry: {} }, B: { timeout: 3 }, constructor: { timeout: 4 } },
  });
  assertEquals(mergePolicy(under, {}), under);
  assertEquals(mergePolicy({}, over), over);
});
