import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Client,
  type ClientOptions,
  type Connection,
  createClient,
  createLogger,
  createServer,
  memoryTransport,
  Metadata,
  RpcError,
  type Server,
  type ServerCall,
  type ServerContext,
  Status,
  withMetainfo,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { readMetainfo } from "../rpc/metainfo.ts";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";

type Echo = Client<typeof EchoService>;
type Hop = (next: Echo, ctx: ServerContext) => Promise<unknown>;

const logger = createLogger("silent");
const down = () => new RpcError(Status.UNAVAILABLE, "down");
const RETRY = { retry: { backoff: 1 } };

/** A chain of services, of which each calls the next, and the last does what `last` says. */
async function chain(hops: Hop[], last: (ctx: ServerContext) => unknown, options: Partial<ClientOptions> = RETRY) {
  const transport = memoryTransport();
  const stack = new AsyncDisposableStack();
  /** What each hop was called with; the last one's calls stand last. */
  const seen: ServerContext[][] = [...hops, last].map(() => []);
  const servers: Server[] = [];
  const clientOf = (i: number) =>
    stack.use(createClient(EchoService, { address: `memory:${i}`, transport, logger, ...options }));
  for (let i = hops.length; i >= 0; i--) {
    const next = i < hops.length ? clientOf(i + 1) : undefined;
    const server = createServer({ name: `hop${i}`, address: `memory:${i}`, transport, logger, drainDelay: 0 });
    server.add(EchoService, {
      async echo(_, ctx) {
        seen[i]!.push(ctx);
        await (next ? hops[i]!(next, ctx) : last(ctx));
        return { resp: "" };
      },
    });
    await server.start();
    servers[i] = server;
    stack.defer(() => server.stop({ force: true }));
  }
  const common = { limits: DEFAULT_LIMITS, compression: "identity", logger } as const;
  return {
    client: clientOf(0),
    seen,
    counts: () => seen.map((calls) => calls.length),
    connect(i: number): Promise<Connection> {
      const { signal } = new AbortController();
      return transport.connect({ ...common, address: { kind: "memory", name: String(i) }, authority: "x", signal });
    },
    /** Puts something else in the place of a hop. */
    async replace(i: number, onCall: (next: Echo, call: ServerCall) => unknown) {
      await servers[i]!.stop({ force: true });
      const next = clientOf(i + 1);
      const address = { kind: "memory", name: String(i) } as const;
      const listener = await transport.listen({ ...common, address, onCall: (call) => void onCall(next, call) });
      stack.defer(() => listener.close());
    },
    end: () => stack.disposeAsync(),
  };
}

const passOn: Hop = (next) => next.echo({});
/** As handlers do that tell nothing of why. */
const inOwnWords: Hop = async (next) => {
  await next.echo({}).catch(() => {
    throw new RpcError(Status.UNAVAILABLE, "my own words");
  });
};

Deno.test("a failure of the last of three hops is retried only by the hop above it, in three attempts", async () => {
  for (const hop of [passOn, inOwnWords]) {
    for (const options of [RETRY, { hedge: { delay: 60_000, attempts: 3 } }]) {
      const a = await chain([hop, hop], () => {
        throw down();
      }, options);
      const error = await assertRejects(() => a.client.echo({}), RpcError);
      assertEquals([error.code, a.counts()], [Status.UNAVAILABLE, [1, 1, 3]]);
      assertEquals(error.metadata.size, 0);
      await a.end();
    }
  }
});

Deno.test("error texts do not nest", async () => {
  const a = await chain([passOn, passOn], () => {
    throw down();
  });
  const error = await assertRejects(() => a.client.echo({}), RpcError);
  assertEquals(error.message, "[UNAVAILABLE] /echo.EchoService/Echo: down (not tried again: the server says so)");
  await a.end();
});

Deno.test("the calls of a retry are made once, if either field marks it as a retry", async () => {
  for (const field of ["grpc-previous-rpc-attempts", "rpc-persist-retryreq"]) {
    const a = await chain([passOn, passOn], () => {
      throw down();
    });
    const connection = await a.connect(0);
    const metadata = Metadata.unchecked([[field, "2"]]);
    const call = connection.start({ path: EchoService.methods.echo.path, metadata });
    call.send(EchoService.methods.echo.request.encode({}), undefined, true);
    assertEquals(await call.receive(), undefined);
    assertEquals([call.status!.code, a.counts()], [Status.UNAVAILABLE, [1, 1, 1]]);
    // Nothing was repeated, so that whoever made the retry may make another.
    assertEquals(call.status!.trailer?.get("grpc-retry-pushback-ms"), undefined);
    assert(a.seen[2]![0]!.metadata.has("rpc-persist-retryreq"));
    await connection.close();
    await a.end();
  }
});

Deno.test("each attempt carries its number, to the server and to the servers behind it", async () => {
  const a = await chain([passOn], () => {});
  let failures = 2;
  const b = await chain([], () => {
    if (failures-- > 0) throw down();
  });
  await b.client.echo({});
  const fields = ["grpc-previous-rpc-attempts", "rpc-persist-retryreq"];
  assertEquals(b.seen[0]!.map(({ metadata }) => fields.map((field) => metadata.get(field))), [
    [undefined, undefined],
    ["1", "1"],
    ["2", "2"],
  ]);
  await Promise.all([a.end(), b.end()]);
});

Deno.test("three hops make at most five attempts if the middle one does not report its retries", async () => {
  const a = await chain([passOn, passOn], () => {
    throw down();
  });
  // As Kitex, which passes metainfo on and knows no pushback.
  await a.replace(
    1,
    (next, call) =>
      withMetainfo({ persistent: readMetainfo(call.metadata).persistent }, () => next.echo({})).then(
        () => call.finish({ code: Status.OK, message: "" }),
        () => call.finish({ code: Status.UNAVAILABLE, message: "down" }),
      ),
  );
  await assertRejects(() => a.client.echo({}), RpcError);
  assertEquals(a.counts(), [1, 0, 5]);
  await a.end();
});
