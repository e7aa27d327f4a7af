import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { EchoService } from "../proto/echo.ts";
import { createClient } from "../mod.ts";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { ConfigError } from "./problem.ts";

const FILE = "conf/test/conf.yaml";
const LEAST = "kitex: { service: echoservice, address: :8888 }\n";

const parse = async (source: string, variables?: Record<string, string>): Promise<Config["dinokit"]> =>
  (await parseConfig(LEAST + source, FILE, "test", variables)).dinokit;

async function problems(source: string, variables?: Record<string, string>): Promise<readonly string[]> {
  const error = await assertRejects(() => parse(source, variables), ConfigError) as ConfigError;
  return error.message.split("\n  ").slice(1);
}

Deno.test("parseConfig() reads the policies of clients by service, and the server's", async () => {
  const { clients, server } = await parse(`dinokit:
  clients:
    echoservice:
      timeout: 500
      retry: { attempts: 4, max_backoff: 100, per_try_timeout: 50, statuses: [UNAVAILABLE, ABORTED] }
      balancer: consistent_hash
      hash_key: x-user
      tags: { version: v1, max_size: "3" }
      outliers: false
      retry_budget: { ratio: 0.2 }
      methods:
        Echo: { retry: false, hedge: { delay: 20 } }
        Slow_One: { breaker: {} }
    pay.ment: { zone: a }
  server:
    rate: { rate: 100, by: metadata:x-tenant }
    concurrency: { limit: adaptive, queue_timeout: 50 }
    methods: { /echo.EchoService/Echo: { concurrency: { limit: 5 } } }
`);
  assertEquals(clients, {
    echoservice: {
      timeout: 500,
      retry: { attempts: 4, maxBackoff: 100, perTryTimeout: 50, statuses: ["UNAVAILABLE", "ABORTED"] },
      balancer: "consistent_hash",
      hashKey: "x-user",
      tags: { version: "v1", max_size: "3" },
      outliers: false,
      retryBudget: { ratio: 0.2 },
      methods: { Echo: { retry: false, hedge: { delay: 20 } }, Slow_One: { breaker: {} } },
    },
    "pay.ment": { zone: "a" },
  });
  assertEquals(server, {
    rate: { rate: 100, by: "metadata:x-tenant" },
    concurrency: { limit: "adaptive", queueTimeout: 50 },
    methods: { "/echo.EchoService/Echo": { concurrency: { limit: 5 } } },
  });
});

Deno.test("parseConfig() takes infinity for a timeout: no deadline", async () => {
  const { clients } = await parse(
    "dinokit: { clients: { a: { timeout: infinity, methods: { Echo: { timeout: .inf } } }, b: { timeout: .INF } } }\n",
  );
  assertEquals(clients, {
    a: { timeout: Infinity, methods: { Echo: { timeout: Infinity } } },
    b: { timeout: Infinity },
  });
});

Deno.test("parseConfig() takes a policy's section without a value for none, and an empty one for its defaults, but each client's name counts", async () => {
  const { clients } = await parse("dinokit: { clients: { a: { retry: , breaker: {}, methods: }, b: , c: {} } }\n");
  assertEquals({ ...clients }, { a: { breaker: {} }, b: {}, c: {} });
  assertEquals(await parse("dinokit: { clients: , server: }\n"), { reflection: true });
});

Deno.test("parseConfig() reports every problem of policies, each with position", async () => {
  const source = `dinokit:
  clients:
    echoservice:
      time_out: 500
      retry: { attempts: 9, statuses: [UNAVAILBLE] }
      balancer: least
      tags: { zone: 1 }
      methods:
        Echo:
          hedge: { attempts: 2 }
          attempts: 3
          perTryTimeout: 5
    "pay ment": 5
  server:
    rate: yes
    concurrency: { limit: many }
    methods: { /a.B/C: { rate: { rate: 0 } } }
`;
  const status = 'the name of a status but OK, for example "UNAVAILABLE"';
  const echo = "dinokit.clients.echoservice";
  assertEquals(await problems(source), [
    `${FILE}:5:7: ${echo}.time_out is not a key; did you mean ${echo}.timeout?`,
    `${FILE}:6:26: ${echo}.retry.attempts is 9; use a whole number from 2 to 5`,
    `${FILE}:6:40: ${echo}.retry.statuses[0] is "UNAVAILBLE"; did you mean UNAVAILABLE? Use ${status}`,
    `${FILE}:7:17: ${echo}.balancer is "least"; use weighted_round_robin, random, p2c, least_in_flight, consistent_hash or pick_first`,
    `${FILE}:8:21: ${echo}.tags.zone is 1; use a text (in quotes)`,
    `${FILE}:11:11: ${echo}.methods.Echo.hedge.delay is missing; give a number of at least 0, in milliseconds`,
    `${FILE}:12:11: ${echo}.methods.Echo.attempts is not a key; did you mean ${echo}.methods.Echo.retry.attempts? Check the indentation`,
    `${FILE}:13:11: ${echo}.methods.Echo.perTryTimeout is not a key; did you mean ${echo}.methods.Echo.retry.per_try_timeout? Check the indentation`,
    `${FILE}:14:5: dinokit.clients["pay ment"] holds no keys; write "key: value" lines, with a space after the colon`,
    `${FILE}:16:11: dinokit.server.rate is "yes"; use false, or "key: value" lines`,
    `${FILE}:17:27: dinokit.server.concurrency.limit is "many"; use a whole number of at least 1, or "adaptive"`,
    `${FILE}:18:40: dinokit.server.methods["/a.B/C"].rate.rate is 0; use a number above 0, in calls a second`,
  ]);
});

Deno.test("parseConfig() reports that variables can't set policies", async () => {
  const variables = { DINOKIT_CLIENTS_ECHOSERVICE_TIMEOUT: "5", DINOKIT_SERVER_OVERLOAD_MAX_WAIT: "5" };
  assertEquals(await problems("dinokit: { server: { overload: false } }\n", variables), [
    "environment variable DINOKIT_CLIENTS_ECHOSERVICE_TIMEOUT: matches no key; dinokit.clients is set in the file only",
    "environment variable DINOKIT_SERVER_OVERLOAD_MAX_WAIT: matches no key; dinokit.server is set in the file only",
  ]);
});

Deno.test("createClient() reports the policy errors that parseConfig() can't find without the service", async () => {
  const { clients } = await parse("dinokit: { clients: { echoservice: { methods: { echo: { timeout: 5 } } } } }\n");
  assertThrows(
    () => createClient(EchoService, { address: "127.0.0.1:1", ...clients?.echoservice }),
    TypeError,
    "createClient: methods.echo is no method of echo.EchoService; did you mean Echo?",
  );
});

Deno.test("parseConfig() takes names of Object's prototype for names of services like any other", async () => {
  const { clients } = await parse("dinokit: { clients: { __proto__: { timeout: 1 }, constructor: { timeout: 2 } } }\n");
  assertEquals(Object.entries(clients!).map(([name, { timeout }]) => [name, timeout]), [
    ["__proto__", 1],
    ["constructor", 2],
  ]);
});
