import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { parseConfig } from "../../config/parse.ts";
import { BizError, createClient, loadConfig, RpcError, Status, withMetainfo } from "../../mod.ts";
import { testRegistry } from "../../testing/mod.ts";
import { until } from "../observe.ts";
import { workshop } from "../new_project.ts";
import { runProgram } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { Kit, testRows } from "./rows.ts";

const ROOT = new URL("../..", import.meta.url);

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const failure = (call: Promise<unknown>) => assertRejects(() => call, RpcError);
const codeOf = async (call: Promise<unknown>) => (await failure(call)).code;

/** What cwgo writes, shortened. */
const CWGO = `
kitex:
  service: "echoservice"
  address: ":8888"
  log_level: info
  log_file_name: "log/kitex.log"
  log_max_size: 10
  log_max_age: 3
  log_max_backups: 50
registry:
  registry_address:
    - 127.0.0.1:8500
  username: ""
  password: ""
mysql:
  dsn: "gorm:gorm@tcp(127.0.0.1:3306)/gorm?charset=utf8mb4"
redis:
  address: "127.0.0.1:6379"
  username: ""
  password: ""
  db: 0
`;

/**
 * A server whose unary calls last `ms` milliseconds. It counts the calls that began, and those in flight at the same
 * time.
 */
async function slow(ms: number, options = {}) {
  const seen = { begun: 0, now: 0, most: 0 };
  const unary = async () => {
    seen.begun++;
    seen.most = Math.max(seen.most, ++seen.now);
    await pause(ms);
    seen.now--;
    return {};
  };
  return { kit: await Kit.start({ unary }, options), seen };
}

/** A server whose unary calls last until they are given up. */
const hanging = () => Kit.start({ unary: (_, { signal }) => new Promise((ended) => signal.onabort = () => ended({})) });

/** Both business errors and statuses, as the text says. */
const failing = () =>
  Kit.start({
    unary({ text }) {
      throw text === "biz"
        ? new BizError(1001, "say something", { who: "me" })
        : new RpcError(Status.NOT_FOUND, "no user");
    },
  });

async function bizError(): Promise<void> {
  await using kit = await failing();
  const error = await assertRejects(() => kit.client().unary({ text: "biz" }), BizError);
  assertEquals([error.code, error.message, error.extra], [1001, "say something", { who: "me" }]);
}

async function rpcError(): Promise<void> {
  await using kit = await failing();
  const error = await failure(kit.client().unary({}));
  assertEquals([error.code, error.rawMessage], [Status.NOT_FOUND, "no user"]);
}

testRows("Where things are", {
  "`biz/service/echo.go`, `Run(req)`": async () => {
    await using shop = workshop({ "echo.proto": await Deno.readTextFile(new URL("proto/echo.proto", ROOT)) });
    await shop.make("shop", "--idl", "echo.proto");
    assertMatch(shop.read("shop/handlers/echo_service/echo.ts"), /^export const echo: Handler<.*> = \(/m);
  },
  "`s.ctx`": async () => {
    let got: unknown;
    await using last = await Kit.start({
      unary: (
        _,
        { deadline, metainfo },
      ) => (got = [metainfo.persistent.get("USER"), deadline! - Date.now() < 3000], {}),
    });
    const next = last.client();
    await using first = await Kit.start({ unary: (request) => next.unary(request) });
    const call = () => first.client().unary({}, { timeout: 3000 });
    await withMetainfo({ persistent: { USER: "7" } }, call);
    assertEquals(got, ["7", true]);
  },
  "`conf/<env>/conf.yaml`": async () => {
    const { kitex, registry } = await parseConfig(CWGO, "conf.yaml", "test");
    assertEquals([kitex.service, kitex.address, registry.registryAddress], ["echoservice", ":8888", [
      "127.0.0.1:8500",
    ]]);
  },
  "`conf.GetConf()`": async () => {
    assertEquals((await loadConfig({ dir: new URL("conf/", ROOT), env: "dev" })).kitex.service, "echoservice");
  },
  "`kitex.log_file_name`": async () => {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(
        file,
        `import { configLogger } from "${new URL("mod.ts", ROOT)}";\n` +
          `try { configLogger({ logLevel: "info", logFileName: "log/kitex.log" }); } catch (error) { console.log(error.message); }`,
      );
      const args = [
        "run",
        "--no-prompt",
        "--quiet",
        "--no-check",
        "--config",
        fileURLToPath(new URL("deno.json", ROOT)),
        file,
      ];
      const { stdout, stderr } = await runProgram({ path: Deno.execPath(), args });
      assertStringIncludes(stdout, "kitex.log_file_name needs permissions", stderr);
      assertStringIncludes(stdout, "--allow-write=log --allow-read=log");
      assertStringIncludes(stdout, 'Or in deno.json:\n    "permissions": { "NAME": {"write":["log"],"read":["log"]} }');
    } finally {
      await Deno.remove(file);
    }
  },
  "`server.WithServiceAddr`, `WithServerBasicInfo`": async () => {
    await using kit = await Kit.start();
    assertEquals(await kit.client().unary({ text: "a" }), { text: "a", count: 0, data: new Uint8Array() });
  },
  "`server.WithRegistry(r)`, `client.WithResolver(r)`": async () => {
    const registry = testRegistry();
    await using _kit = await Kit.start({}, { registry, drainDelay: 0, health: { address: "127.0.0.1:0" } });
    await using client = createClient(Kinds, { name: "kinds", resolver: registry });
    assertEquals((await client.unary({ text: "found" })).text, "found");
  },
  '`client.WithHostPorts("a:1", "b:1")`': async () => {
    const took = new Set<string>();
    const one = (name: string) => Kit.start({ unary: () => (took.add(name), {}) });
    await using a = await one("a");
    await using b = await one("b");
    const client = a.client({ address: [a.address, b.address] });
    for (let i = 0; i < 100 && took.size < 2; i++) await client.unary({});
    assertEquals([...took].sort(), ["a", "b"]);
  },
  "`client.WithRPCTimeout(d)`": async () => {
    await using kit = await hanging();
    for (const options of [{ timeout: 50 }, { methods: { Unary: { timeout: 50 } } }]) {
      assertEquals(await codeOf(kit.client(options).unary({})), Status.DEADLINE_EXCEEDED);
    }
  },
  "`callopt.WithRPCTimeout(d)`": async () => {
    await using kit = await hanging();
    assertEquals(await codeOf(kit.client().unary({}, { timeout: 50 })), Status.DEADLINE_EXCEEDED);
  },
  "`client.WithConnectTimeout(d)`": async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // it takes connections, and says nothing
    await using kit = new Kit();
    const client = kit.client({ address: `127.0.0.1:${listener.addr.port}`, connectTimeout: 50 });
    assertStringIncludes((await failure(client.unary({}))).message, "takes no connection within 50 ms");
  },
  "`client.WithFailureRetry(p)`": async () => {
    let begun = 0;
    await using kit = await Kit.start({
      unary() {
        if (++begun < 3) throw new RpcError(Status.UNAVAILABLE, "not yet");
        return {};
      },
    });
    await kit.client({ retry: {} }).unary({});
    assertEquals(begun, 3);
  },
  "`client.WithBackupRequest(retry.NewBackupPolicy(50))`": async () => {
    const { kit, seen } = await slow(300);
    await using _ = kit;
    await kit.client({ hedge: { delay: 50 } }).unary({});
    assertEquals(seen.begun, 2);
    await until(() => seen.now === 0, "the slower one has ended");
  },
  "`client.WithCircuitBreaker(s)`": async () => {
    let begun = 0;
    await using kit = await Kit.start({
      unary() {
        begun++;
        throw new RpcError(Status.UNAVAILABLE, "no");
      },
    });
    const client = kit.client({ breaker: {}, outliers: false });
    for (let i = 0; i < 30; i++) await codeOf(client.unary({}));
    assertEquals(begun, 20);
  },
  "`client.WithFallback(p)`": async () => {
    await using kit = await failing();
    assertEquals((await kit.client({ fallback: { unary: () => ({ text: "later" }) } }).unary({})).text, "later");
  },
  "`server.WithLimit(&limit.Option{MaxConnections, MaxQPS})`": async () => {
    await using rated = await Kit.start({}, { rate: { rate: 1, burst: 1 } });
    const client = rated.client();
    await client.unary({});
    assertEquals(await codeOf(client.unary({})), Status.RESOURCE_EXHAUSTED);
    await using narrow = await Kit.start({}, { limits: { connections: 1 } });
    await narrow.client().unary({});
    assertEquals(await codeOf(narrow.client().unary({})), Status.UNAVAILABLE);
    const { kit, seen } = await slow(50, { concurrency: { limit: 1 } });
    await using _ = kit;
    await Promise.all([kit.client().unary({}), kit.client().unary({})]);
    assertEquals(seen.most, 1);
  },
  "`server.WithExitWaitTime(d)`": async () => {
    const { kit, seen } = await slow(100, { drainTimeout: 5000 });
    await using _ = kit;
    const call = kit.client().unary({});
    await until(() => seen.begun === 1, "the call has begun");
    await kit.server.stop();
    assert(await call); // it was waited for
  },
  "`client.WithMiddleware`, `server.WithMiddleware`": async () => {
    const seen: string[] = [];
    await using kit = new Kit();
    kit.server.use((call, next) => (seen.push(`server ${call.method.name}`), next(call)));
    await kit.server.start();
    await kit.client({ middleware: [(call, next) => (seen.push(`client ${call.method.name}`), next(call))] }).unary({});
    assertEquals(seen, ["client Unary", "server Unary"]);
  },
  "`kerrors.NewBizStatusErrorWithExtra(code, msg, extra)`": bizError,
  "`kerrors.FromBizStatusError(err)`": bizError,
  '`status.Err(codes.NotFound, "no user")`': rpcError,
  "`status.FromError(err)`": rpcError,
  "`metainfo`, `metadata`": async () => {
    assertStringIncludes(await Deno.readTextFile(new URL("docs/book/metadata.md", ROOT)), "## Beside Kitex");
  },
}, [{ name: "net" }, { name: "read" }, { name: "run" }, { name: "write" }]);
