import { assertEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientMiddleware, Handlers, ServerMiddleware } from "../mod.ts";
import { each, from, type KindsClient } from "./each_transport.ts";
import { until } from "./observe.ts";
import type { Kinds } from "./proto/kinds.ts";

const storage = new AsyncLocalStorage<string>();
/** What the storage held, by where it was looked at. */
let seen: [where: string, held: string | undefined][] = [];
const look = (where: string) => void seen.push([where, storage.getStore()]);

/** Looks where it runs, and has a generator of its own around the responses, which looks too. */
const looking = (where: string) => async (call: never, next: (call: never) => Promise<unknown>): Promise<unknown> => {
  look(where);
  const reply = await storage.run(`inside ${where}`, () => next(call));
  look(where);
  if (typeof reply !== "object" || reply === null || !(Symbol.asyncIterator in reply)) return reply;
  return (async function* () {
    look(where);
    for await (const one of reply as AsyncIterable<unknown>) {
      look(where);
      yield one;
      look(where);
    }
    look(where);
  })();
};
const layer = looking as unknown as (where: string) => ServerMiddleware & ClientMiddleware;

/** Looks at the storage before and behind each turn of the event loop. */
async function pause(): Promise<void> {
  look("handler");
  await new Promise((resolve) => setTimeout(resolve, 1));
  look("handler");
}

const handlers: Handlers<typeof Kinds> = {
  async unary() {
    await pause();
    return {};
  },
  async clientStream(requests) {
    for await (const _ of requests) await pause();
    return {};
  },
  async *serverStream() {
    try {
      for (let i = 0; i < 3; i++) {
        await pause();
        yield {};
      }
    } finally {
      await pause();
    }
  },
  async *bidi(requests) {
    for await (const _ of requests) {
      await pause();
      yield {};
    }
    await pause();
  },
};

const CALLS: Record<string, (client: KindsClient) => Promise<unknown>> = {
  unary: (client) => storage.run("caller", () => client.unary({})),
  clientStream: (client) => storage.run("caller", () => client.clientStream(from({}, {}))),
  // Iterated in another context than the one in which the method is called.
  serverStream: (client) => iterate(storage.run("caller", () => client.serverStream({}))),
  bidi: (client) => iterate(storage.run("caller", () => client.bidi(from({}, {})))),
};

async function iterate(responses: AsyncIterable<unknown>): Promise<void> {
  await storage.run("iterating", async () => {
    for await (const _ of responses) await Promise.resolve();
  });
}

for (const [kind, call] of Object.entries(CALLS)) {
  each(`${kind}: a value of AsyncLocalStorage around next is visible in the handler`, async ({ connect }) => {
    await using client = connect({ middleware: [layer("client 1"), layer("client 2")] });
    for (let i = 0; i < 2; i++) {
      seen = [];
      await call(client);
      const held: Record<string, Set<string | undefined>> = {};
      for (const [where, what] of seen) (held[where] ??= new Set()).add(what);
      assertEquals(held, {
        "client 1": new Set(["caller"]),
        "client 2": new Set(["inside client 1"]),
        "server 1": new Set([undefined]),
        "server 2": new Set(["inside server 1"]),
        handler: new Set(["inside server 2"]),
      });
    }
  }, { handlers, middleware: [layer("server 1"), layer("server 2")] });
}

each("a value of AsyncLocalStorage around next is visible where a stream is left early", async ({ connect }) => {
  seen = [];
  await using client = connect({ middleware: [layer("client 1")] });
  const responses = storage.run("caller", () => client.serverStream({}));
  for await (const _ of responses) break;
  await until(() => seen.some(([where]) => where === "finally"), "the handler has ended");
  const expected: Record<string, string | undefined> = { "client 1": "caller", finally: "inside server 1" };
  for (const [where, held] of seen) assertEquals(held, expected[where], where);
}, {
  middleware: [layer("server 1")],
  handlers: {
    async *serverStream(_, { signal }) {
      try {
        yield {};
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield {};
      } finally {
        look("finally");
      }
    },
  },
});
