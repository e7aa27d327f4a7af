/**
 * In which async context the kit's background work runs: in none, whoever starts it. It would keep the context of the
 * first call for ever, with its traces, its user and its memory.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals } from "@std/assert";
import {
  type ClientPolicy,
  clientPolicyFrom,
  clientState,
  consul,
  createClient,
  createServer,
  type Logger,
  serverPolicyFrom,
} from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { fakeConsul, hang, list } from "./fake_consul.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";
import { transportOf } from "./transport_of.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }, { name: "sys" }];
const call = new AsyncLocalStorage<string>();

/** Notes in which context each kind of work runs. */
class Probes {
  readonly seen = new Map<string, Set<string | undefined>>();
  /** The stacks of the timers that were started in a context. */
  readonly timers: string[] = [];
  readonly #originals = { setTimeout, setInterval, connect: Deno.connect };

  note(what: string): void {
    if (!this.seen.has(what)) this.seen.set(what, new Set());
    this.seen.get(what)!.add(call.getStore());
  }

  readonly logger: Logger = {
    debug: () => this.note("a log line"),
    info: () => this.note("a log line"),
    warn: () => this.note("a log line"),
    error: () => this.note("a log line"),
  };

  /** Watches all timers and outgoing connections, until it is disposed of. */
  watch(): Disposable {
    const timed = <T extends (...args: never[]) => unknown>(start: T): T =>
      ((...args: never[]) => {
        if (call.getStore() !== undefined) this.timers.push(new Error().stack!);
        return start(...args);
      }) as T;
    globalThis.setTimeout = timed(setTimeout);
    globalThis.setInterval = timed(setInterval);
    const { connect } = this.#originals;
    Deno.connect = ((...args: Parameters<typeof connect>) => (this.note("a connection"), connect(...args))) as never;
    return {
      [Symbol.dispose]: () => {
        const { connect, ...timers } = this.#originals;
        Object.assign(globalThis, timers);
        Deno.connect = connect;
      },
    };
  }
}

/** What times a call itself, or the wait for its end. */
const OWN_TIMERS =
  /\bat (async )?(waitFor|pause|attempt|within|Pool\.close|ResolvingCall\.runDeadlineTimer) |tests\/observe\.ts/;

for (const transport of ["http2", "grpc-js"] as const) {
  needs(NET, `${transport}: all background work runs outside of the context of the call that starts it`, async () => {
    const probes = new Probes();
    const { logger } = probes;
    await using agent = fakeConsul(({ url }, n) => {
      if (url.includes("/v1/kv/")) return url.includes("index=") ? hang() : Response.json([], { status: 404 });
      if (url.includes("/v1/agent/service/register")) return Response.json(null);
      if (url.includes("/v1/agent/services")) return Response.json({});
      // One failure, after which it is asked again.
      return n === 3 ? new Response("no leader", { status: 500 }) : list(n, ...entries);
    });
    let entries: unknown[] = [];
    const token = () => (probes.note("a request to the registry"), "");
    using _ = probes.watch();
    await call.run("the first call", async () => {
      const registry = consul(agent.address, { token });
      const make = () =>
        createServer({
          name: "echo",
          address: "127.0.0.1:0",
          transport: transportOf(transport),
          logger,
          registry,
          drainDelay: 0,
          policy: serverPolicyFrom(registry, "echo/server"),
          health: { address: "127.0.0.1:0", checks: { ours: () => probes.note("a health check") } },
        }).add(EchoService, { echo: () => (probes.note("a handler"), {}) });
      const listed = (address: string) => {
        entries = [{ Service: { Address: "127.0.0.1", Port: Number(address.split(":")[1]) } }];
      };
      const policy = watched(clientPolicyFrom(registry, "echo/client"), probes);
      await using client = createClient(EchoService, {
        name: "echo",
        resolver: registry,
        transport: transportOf(transport),
        logger,
        policy,
      });
      {
        await using server = make();
        await server.start();
        listed(server.address);
        await until(() => client.echo({}).then(() => true, () => false), "a call is answered");
        await (await fetch(`http://${server.healthAddress}/health`)).body?.cancel();
      }
      await using again = make();
      await again.start();
      listed(again.address);
      // The connection is made again with no call.
      const { instances: [lost] } = clientState(client);
      assert(lost);
      await until(
        () =>
          clientState(client).instances.some(({ address, state }) => address === again.address && state === "ready"),
        "the client has connected to the new instance",
      );
      await client.echo({});
    });
    const expected = ["a connection", "a handler", "a health check", "a policy", "a request to the registry"];
    for (const what of [...expected, "a log line"]) {
      assertEquals([what, ...probes.seen.get(what) ?? []], [what, undefined]);
    }
    assertEquals(probes.timers.filter((stack) => !OWN_TIMERS.test(stack)), []);
  });
}

/** The source of a policy that is noted when it is watched. */
function watched(source: ReturnType<typeof clientPolicyFrom>, probes: Probes): typeof source {
  return {
    permissions: source.permissions,
    watch: (listener: (policy: ClientPolicy) => void, logger: Logger) => {
      probes.note("a policy");
      return source.watch(listener, logger);
    },
  };
}
