import { assert, assertEquals } from "@std/assert";
import { createClient } from "../../mod.ts";
import { needs } from "../needs.ts";
import { Kinds } from "../proto/kinds.ts";
import { SIEGE_PERMISSIONS, startVictim, TRANSPORT } from "./siege.ts";
import { transportOf } from "../transport_of.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const MIB_BYTES = 1024 * 1024;
const TEXT = "x".repeat(64 * 1024);
/** How many of that text are a GiB. */
const COUNT = 1024 * MIB_BYTES / TEXT.length;
const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * Takes replies at first not at all, then with pauses. Returns how many came, and how far the memory of this process
 * grew, in MiB.
 */
async function readSlowly(replies: AsyncIterable<unknown>, stopped: () => void): Promise<[number, number]> {
  const before = Deno.memoryUsage().rss;
  let count = 0, most = 0;
  for await (const _ of replies) {
    if (count++ === 0) {
      await wait(1000);
      stopped();
    }
    if (count % 64 !== 0) continue;
    most = Math.max(most, Deno.memoryUsage().rss);
    await wait(2);
  }
  return [count, (most - before) / MIB_BYTES];
}

needs(
  SIEGE_PERMISSIONS,
  "a server that streams 1 GiB to a slow reader waits for it: neither side's memory grows",
  async () => {
    await using server = await startVictim({});
    await using client = createClient(Kinds, {
      address: server.address,
      transport: transportOf(TRANSPORT),
      logger: quiet,
    });
    const [count, grown] = await readSlowly(client.serverStream({ text: TEXT, count: COUNT }), () => {});
    assertEquals(count, COUNT);
    assert(grown < 150, `the client grew by ${grown} MiB`);
    assert(server.peak() < 250, `the server took ${server.peak()} MiB`);
  },
);

needs(
  SIEGE_PERMISSIONS,
  "a client that streams 1 GiB to a server that answers slowly waits for it: neither side's memory grows",
  async () => {
    await using server = await startVictim({});
    await using client = createClient(Kinds, {
      address: server.address,
      transport: transportOf(TRANSPORT),
      logger: quiet,
    });
    let sent = 0;
    async function* requests() {
      for (; sent < COUNT; sent++) yield { text: TEXT };
    }
    // The handler takes the next request when its reply has gone.
    const [count, grown] = await readSlowly(client.bidi(requests()), () => {
      assert(sent < COUNT / 8, `${sent} of ${COUNT} were sent, and one reply read`);
    });
    assertEquals(count, COUNT);
    assert(grown < 150, `the client grew by ${grown} MiB`);
    assert(server.peak() < 250, `the server took ${server.peak()} MiB`);
  },
);
