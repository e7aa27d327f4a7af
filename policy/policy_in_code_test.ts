import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Method } from "../rpc/service.ts";
import { EchoService } from "../proto/echo.ts";
import { Kinds } from "../tests/proto/kinds.ts";
import { CLIENT_POLICY } from "./client_fields.ts";
import { checkOptions } from "../base/options/check_options.ts";
import { checkServerMethods, clientPolicyOf, serverPolicyOf } from "./policy_in_code.ts";
import { SERVER_POLICY } from "./server_fields.ts";

const client = (options: object) =>
  clientPolicyOf("createClient", checkOptions("createClient", CLIENT_POLICY, options), Kinds);
const server = (options: object) => serverPolicyOf(checkOptions("createServer", SERVER_POLICY, options));

function refuses(check: (options: object) => unknown, cases: [object, typeof TypeError | typeof RangeError, string][]) {
  for (const [options, kind, message] of cases) {
    const error = assertThrows(() => check(options), kind) as Error;
    assertEquals([error.constructor, error.message], [kind, message], JSON.stringify(options));
  }
}

const TIME = "a number of at least 1, in milliseconds";
const LIMIT = `${TIME}, or infinity`;
const STATUS = 'the name of a status but OK, for example "UNAVAILABLE"';

Deno.test("clientPolicyOf() takes every field, and leaves out options that are none", () => {
  const policy = {
    timeout: 500,
    retry: {
      attempts: 5,
      statuses: ["UNAVAILABLE", "ABORTED"],
      backoff: 0,
      backoffMultiplier: 1.5,
      maxBackoff: 10,
      perTryTimeout: 1,
    },
    hedge: false,
    breaker: { failureRate: 1, samples: 1, window: 1, openTime: 1, probes: 1 },
    inject: { share: 0, delay: 0, status: "INTERNAL" },
    balancer: "consistent_hash",
    hashKey: "x-user",
    slowStart: 0,
    tags: { version: "v1", constructor: "x" },
    meta: { "": "" },
    zone: "a",
    subset: 1,
    outliers: { consecutiveFailures: 1, failureRate: 1, deviations: 0, samples: 1, window: 1, ejectionTime: 1 },
    retryBudget: { tokens: 1000, ratio: 0.001 },
    methods: { Unary: { retry: false, hedge: { delay: 0, attempts: 2, statuses: [] } }, Bidi: {} },
  };
  assertEquals(client(policy), policy);
  assertEquals(clientPolicyOf("createClient", { ...policy, name: "echoservice" }, Kinds), policy);
  assertEquals(client({ timeout: undefined, retry: undefined, methods: { Bidi: { timeout: undefined } } }), {
    methods: { Bidi: {} },
  });
});

Deno.test("clientPolicyOf() rejects numbers out of range with a RangeError that names the field", () => {
  refuses(client, [
    [
      { methods: { Unary: { retry: { attempts: 9 } } } },
      RangeError,
      "createClient: methods.Unary.retry.attempts is 9; use a whole number from 2 to 5",
    ],
    [{ retry: { attempts: 1 } }, RangeError, "createClient: retry.attempts is 1; use a whole number from 2 to 5"],
    [{ timeout: -1 }, RangeError, `createClient: timeout is -1; use ${LIMIT}`],
    [{ retry: { perTryTimeout: Infinity } }, RangeError, `createClient: retry.perTryTimeout is Infinity; use ${TIME}`],
    [{ timeout: NaN }, RangeError, `createClient: timeout is NaN; use ${LIMIT}`],
    [
      { breaker: { failureRate: 1.1 } },
      RangeError,
      "createClient: breaker.failureRate is 1.1; use a share above 0, up to 1",
    ],
    [
      { breaker: { failureRate: 0 } },
      RangeError,
      "createClient: breaker.failureRate is 0; use a share above 0, up to 1",
    ],
    [
      { outliers: { maxEjected: 0.6 } },
      RangeError,
      "createClient: outliers.maxEjected is 0.6; use a share from 0 to 0.5",
    ],
    [{ inject: { share: 2 } }, RangeError, "createClient: inject.share is 2; use a share from 0 to 1"],
    [{ subset: 0 }, RangeError, "createClient: subset is 0; use a whole number of at least 1"],
  ]);
});

Deno.test("clientPolicyOf() rejects values of the wrong type with a TypeError that suggests a correction", () => {
  refuses(client, [
    [{ timeout: "5s" }, TypeError, `createClient: timeout is "5s"; use ${LIMIT}`],
    [
      { retry: { atempts: 3 } },
      TypeError,
      "createClient: retry.atempts is not an option; did you mean retry.attempts?",
    ],
    [
      { methods: { Unary: { attempts: 3 } } },
      TypeError,
      "createClient: methods.Unary.attempts is not an option; did you mean methods.Unary.retry.attempts?",
    ],
    [
      { retry: { statuses: ["UNAVAILBLE"] } },
      TypeError,
      `createClient: retry.statuses[0] is "UNAVAILBLE"; did you mean UNAVAILABLE? Use ${STATUS}`,
    ],
    [{ retry: { statuses: ["OK"] } }, TypeError, `createClient: retry.statuses[0] is "OK"; use ${STATUS}`],
    [{ retry: { statuses: [14] } }, TypeError, `createClient: retry.statuses[0] is 14; use ${STATUS} (in quotes)`],
    [{ retry: { statuses: [] } }, TypeError, "createClient: retry.statuses is an empty list; use a list of at least 1"],
    [{ retry: true }, TypeError, "createClient: retry is true; use an object, or false"],
    [{ retry: null }, TypeError, "createClient: retry is null; use an object, or false"],
    [{ retryBudget: false }, TypeError, "createClient: retryBudget is false; use an object"],
    [{ methods: [] }, TypeError, "createClient: methods is an empty list; use an object"],
    [
      { hedge: {} },
      TypeError,
      "createClient: hedge.delay is missing; give a number of at least 0, in milliseconds",
    ],
    [
      { balancer: "p3c" },
      TypeError,
      'createClient: balancer is "p3c"; did you mean p2c? Use weighted_round_robin, random, p2c, least_in_flight, ' +
      "consistent_hash or pick_first",
    ],
    [{ tags: { zone: 1 } }, TypeError, "createClient: tags.zone is 1; use a text (in quotes)"],
    [
      { hashKey: "X-User" },
      TypeError,
      'createClient: hashKey is "X-User"; use a field of metadata in lower case, for example "x-user"',
    ],
  ]);
});

Deno.test("clientPolicyOf() shows the beginning of a long text", () => {
  refuses(client, [[
    { timeout: "9".repeat(1_000_000) },
    TypeError,
    `createClient: timeout is "${"9".repeat(100)}…"; use ${LIMIT}`,
  ]]);
});

Deno.test("clientPolicyOf() rejects every invalid policy with a TypeError or a RangeError", () => {
  const values = [null, 0, -1, "", "a", [], [[]], {}, { a: 1 }, () => 1, Symbol("s"), 1n, new Map(), NaN, true, false];
  const names = Object.keys(CLIENT_POLICY.entries);
  for (
    const name of [...names, "retry.attempts", "retry.statuses", "hedge.delay", "methods.Unary", "methods.Unary.retry"]
  ) {
    for (const value of values) {
      const options = name.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as object;
      try {
        client(options);
      } catch (error) {
        assert(error instanceof TypeError || error instanceof RangeError, String(error));
        assertStringIncludes((error as Error).message, `createClient: ${name.split(".")[0]}`);
      }
    }
  }
});

Deno.test("clientPolicyOf() rejects fields that contradict each other or the service", () => {
  const both = "a method has one of both, so set";
  refuses(client, [
    [
      { methods: { unary: {} } },
      TypeError,
      "createClient: methods.unary is no method of dinokit.test.Kinds; did you mean Unary?",
    ],
    [
      { methods: { "/dinokit.test.Kinds/Unary": {} } },
      TypeError,
      'createClient: methods["/dinokit.test.Kinds/Unary"] is no method of dinokit.test.Kinds; did you mean Unary?',
    ],
    [
      { methods: { toString: {} } },
      TypeError,
      "createClient: methods.toString is no method of dinokit.test.Kinds; it has Unary, ClientStream, ServerStream, Bidi",
    ],
    [
      { balancer: "consistent_hash" },
      TypeError,
      'createClient: balancer is "consistent_hash", which needs a hash key: the field of metadata that leads calls to an instance',
    ],
    [
      { methods: { ClientStream: { hedge: { delay: 1 } } } },
      TypeError,
      "createClient: methods.ClientStream.hedge is for methods with one request, and this one has a stream of them; remove it",
    ],
    [{ retry: {}, hedge: { delay: 1 } }, TypeError, `createClient: hedge stands beside retry; ${both} one to false`],
    [
      { retry: {}, methods: { Unary: { hedge: { delay: 1 } } } },
      TypeError,
      `createClient: methods.Unary.hedge stands beside the service's retry; ${both} retry to false here`,
    ],
    [
      { hedge: { delay: 1 }, methods: { ServerStream: { retry: {} } } },
      TypeError,
      `createClient: methods.ServerStream.retry stands beside the service's hedge; ${both} hedge to false here`,
    ],
    [
      { retry: { backoff: 2000 } },
      RangeError,
      "createClient: retry.backoff is 2000, but at most it may become 1000",
    ],
    [
      { outliers: { ejectionTime: 7, maxEjectionTime: 6 } },
      RangeError,
      "createClient: outliers.ejectionTime is 7, but at most it may become 6",
    ],
  ]);
  client({ hedge: { delay: 1 }, methods: { Bidi: { retry: {} }, Unary: { hedge: false, retry: {} } } });
  client({ retry: { perTryTimeout: 500 }, methods: { Unary: { timeout: 100 } } });
});

Deno.test("serverPolicyOf() accepts every field, and rejects invalid values", () => {
  const policy = {
    rate: { rate: 0.5, burst: 1, by: "metadata:x-tenant" },
    concurrency: { limit: "adaptive", queue: 0, queueTimeout: 0 },
    overload: { maxWait: 10, unreadyAfter: Infinity },
    inject: false,
    methods: { "/echo.EchoService/Echo": { rate: false, concurrency: { limit: 1 } } },
  };
  assertEquals(server(policy), policy);
  assertEquals(serverPolicyOf({ ...policy, name: "echoservice" }), policy);
  refuses(server, [
    [{ rate: {} }, TypeError, "createServer: rate.rate is missing; give a number above 0, in calls a second"],
    [{ rate: { rate: 0 } }, RangeError, "createServer: rate.rate is 0; use a number above 0, in calls a second"],
    [
      { rate: { rate: 1, by: "metadata:grpc-x" } },
      TypeError,
      'createServer: rate.by is "metadata:grpc-x"; use all, peer, or a field of metadata in lower case, for example "metadata:x-tenant"',
    ],
    [
      { concurrency: { limit: "adaptiv" } },
      TypeError,
      'createServer: concurrency.limit is "adaptiv"; use a whole number of at least 1, or "adaptive"',
    ],
    [
      { methods: { "/echo.EchoService/Echo": { rate: { rate: 1, burst: -1 } } } },
      RangeError,
      'createServer: methods["/echo.EchoService/Echo"].rate.burst is -1; use a whole number of at least 1, in calls',
    ],
  ]);
});

Deno.test("checkServerMethods() knows methods by name and by path", () => {
  const methods = [EchoService, Kinds].flatMap((one) => Object.values<Method>(one.methods));
  const check = (name: string) => checkServerMethods("createServer", { methods: { [name]: {} } }, methods);
  for (const name of ["Echo", "/echo.EchoService/Echo", "Bidi"]) check(name);
  const none = "is no method of this server; did you mean";
  assertThrows(() => check("Ecko"), TypeError, `createServer: methods.Ecko ${none} Echo?`);
  assertThrows(
    () => check("/echo.EchoService/Ecko"),
    TypeError,
    `createServer: methods["/echo.EchoService/Ecko"] ${none} /echo.EchoService/Echo?`,
  );
});
