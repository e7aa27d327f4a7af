import { assertEquals } from "@std/assert";
import {
  type CallOptions,
  createClient,
  createServer,
  type Logger,
  memoryTransport,
  Metadata,
  type ServerContext,
  type ServerOptions,
  withMetainfo,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { needs } from "./needs.ts";
import { transportOf } from "./transport_of.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What a call brought to a service. */
interface Seen {
  readonly metadata: Record<string, unknown>;
  readonly persistent: Record<string, string>;
  readonly transient: Record<string, string>;
  readonly deadline: number | undefined;
}

const seenOf = ({ metadata, metainfo: { persistent, transient }, deadline }: ServerContext): Seen => ({
  metadata: Object.fromEntries(
    Object.entries(metadata.toJSON()).filter(([name]) => name.startsWith("source-") || name.startsWith("x-")),
  ),
  // The id of the request is always there; call_context_test.ts tests it.
  persistent: Object.fromEntries([...persistent].filter(([key]) => key !== "REQUEST_ID")),
  transient: Object.fromEntries(transient),
  deadline,
});

interface Chain {
  readonly options?: Partial<ServerOptions>;
  /** How the first service calls the second. */
  readonly next?: (context: ServerContext) => CallOptions;
  readonly timeout?: number;
}

/** Registers a test of a call from outside to `front`, whose handler calls `back`, over each transport. */
function chain(
  name: string,
  { options = {}, next = () => ({}), timeout }: Chain,
  body: (call: (options?: CallOptions) => Promise<Seen[]>) => Promise<void>,
): void {
  for (const kind of ["memory", "http2", "grpc-js"] as const) {
    needs(kind === "memory" ? [] : [{ name: "net" }, { name: "env" }], `${kind}: ${name}`, async () => {
      const transport = kind === "memory" ? memoryTransport() : transportOf(kind);
      const address = (name: string) => kind === "memory" ? `memory:${name}` : "127.0.0.1:0";
      const seen: Seen[] = [];
      const common = { transport, logger };
      await using back = createServer({ name: "backservice", address: address("back"), ...common });
      await back.add(EchoService, { echo: (req, context) => (seen.push(seenOf(context)), { resp: req.mes }) }).start();
      await using toBack = createClient(EchoService, { address: back.address, timeout, ...common });
      await using front = createServer({ name: "前台", address: address("front"), ...common, ...options });
      front.add(EchoService, {
        echo(req, context) {
          seen.push(seenOf(context));
          return toBack.echo(req, next(context));
        },
      });
      await front.start();
      await using toFront = createClient(EchoService, { address: front.address, timeout, ...common });
      await body(async (options) => {
        await toFront.echo({ mes: "hello" }, options);
        return seen.splice(0);
      });
    });
  }
}

chain("a call names its source: empty at the start of a chain, then the server and its method", {
  next: ({ metadata }) => ({ metadata }),
}, async (call) => {
  const nobody = { "source-service": "", "source-method": "" };
  const front = { "source-service": "前台", "source-method": "Echo" };
  assertEquals((await call()).map(({ metadata }) => metadata), [nobody, front]);
  // What an application says goes before at the start; a handler that passes on what it got does not pass on that.
  for (
    const metadata of [{ "source-service": "cron", "x-a": "1" }, new Metadata({ "source-service": "cron", "x-a": "1" })]
  ) {
    const [first, second] = await call({ metadata });
    assertEquals(first!.metadata, { ...nobody, "source-service": "cron", "x-a": "1" });
    assertEquals(second!.metadata, { ...front, "x-a": "1" });
  }
});

chain("calls inside withMetainfo() name their source too", {
  next: () => ({ metainfo: { persistent: { MORE: "1" } } }),
}, async (call) => {
  const [, back] = await withMetainfo({ persistent: { A: "1" } }, () => call());
  assertEquals([back!.metadata["source-method"], back!.persistent], ["Echo", { A: "1", MORE: "1" }]);
});

const TRACE = { TRACEPARENT: "00-1-2-01", TRACESTATE: "a=b", BAGGAGE: "user=7" };

chain("the trace context passes each hop, and no other transient value does", {}, async (call) => {
  const [front, back] = await call({ metainfo: { transient: { ...TRACE, "SERVICE.NAME": "kitex", ONCE: "1" } } });
  assertEquals([front!.transient["ONCE"], back!.transient], ["1", TRACE]);
  assertEquals((await call({ metainfo: { transient: { ONCE: "1" } } }))[1]!.transient, {});
  assertEquals((await call({ metainfo: { transient: { TRACEPARENT: "x" } } }))[1]!.transient, { TRACEPARENT: "x" });
});

chain("an edge that does not allow the context of a trace drops it", {
  options: { allowMetainfo: ["USER_ID"] },
}, async (call) => {
  const [, back] = await call({ metainfo: { transient: TRACE, persistent: { USER_ID: "7" } } });
  assertEquals([back!.transient, back!.persistent], [{}, { USER_ID: "7" }]);
});

chain("metainfo of any text passes two hops unchanged, in base64 if its key ends in _BIN", {}, async (call) => {
  const persistent = { CITY: "北京", TOKEN_BIN: " a\r\n\0 😀" };
  const transient = { BIN: "\x1b[2J" };
  const [front, back] = await call({ metainfo: { persistent, transient } });
  assertEquals([front!.persistent, front!.transient, back!.persistent], [persistent, transient, persistent]);
});

chain(
  "a timeout of Infinity is no deadline, and a shorter one of a call counts",
  { timeout: Infinity },
  async (call) => {
    assertEquals((await call()).map(({ deadline }) => deadline), [undefined, undefined]);
    const [front, back] = await call({ timeout: 60_000 });
    assertEquals([typeof front!.deadline, typeof back!.deadline], ["number", "number"]);
  },
);

chain("a call with a timeout of Infinity has no deadline, for any option of its client", {
  timeout: 5000,
  next: () => ({ timeout: Infinity }),
}, async (call) => {
  const [front, back] = await call();
  // The handler's own deadline holds for the calls that it makes.
  assertEquals([typeof front!.deadline, typeof back!.deadline], ["number", "number"]);
  assertEquals((await call({ timeout: Infinity })).map(({ deadline }) => deadline), [undefined, undefined]);
});
