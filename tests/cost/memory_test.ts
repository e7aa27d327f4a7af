import { assert, assertEquals } from "@std/assert";
import { type Client, createClient, RpcError, Status } from "../../mod.ts";
import { DEFAULT_LIMITS } from "../../transport/limit_fields.ts";
import { type Child, startChild } from "../child.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { COSTLY, type Costly, messageOf } from "./messages.ts";
import { methodOf, rawServiceOf } from "./service.ts";

const MIB_BYTES = 1024 * 1024;
const CONNECTIONS = 100;
const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "net" }, { name: "read" }, { name: "env" }];
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const { bufferBytes, decodedMessageBytes, receiveMessageBytes } = DEFAULT_LIMITS;

const costly = (name: string) => COSTLY.find((one) => one.name === name)!;
/** The kinds that take the most memory for their bytes, each by what makes it large. */
const WORST = [
  "100 fields of map<int32, int32> in an empty message",
  "100 fields of repeated int32 in an empty message",
  "a list of an empty struct",
  "dinokit.all.Scalars.blobs, 1 bytes",
  "dinokit.all.Scalars.byInt32, keys in turn",
].map(costly);
/** A kind that takes the same for each of its bytes. */
const STEADY = costly("dinokit.all.All.inners, empty");

/** A client whose requests are bytes. */
type Raw = Record<string, (request: Uint8Array) => Promise<unknown>>;

/** What the server says of itself. */
interface Figures {
  readonly held: number;
  readonly heapUsed: number;
  readonly hits: Record<string, number>;
}

async function figures(server: Child, line: "?" | "drop" | "collect"): Promise<Figures> {
  await server.tell(line);
  return JSON.parse(await server.line());
}

/** The memory of a message, as estimated. */
function memoryOf({ type }: Costly, bytes: Uint8Array): number {
  const budget = { limit: Infinity, used: 0 };
  type.decode(bytes, budget);
  return budget.used;
}

/** A message that takes so much memory, or up to 1% less. */
function steady(memory: number): Uint8Array {
  const perByte = memoryOf(STEADY, messageOf(STEADY, 100_000)) / 100_000;
  return messageOf(STEADY, Math.floor(0.99 * memory / perByte));
}

/**
 * Makes calls that the server does not answer, and waits until each is held or refused. Returns the codes of the
 * refused ones.
 */
async function make(server: Child, calls: readonly (() => Promise<unknown>)[]): Promise<Status[]> {
  const { held: before } = await figures(server, "?");
  const refused: Status[] = [];
  for (const call of calls) call().catch((error) => refused.push(RpcError.from(error).code));
  const settled = async () => (await figures(server, "?")).held - before + refused.length >= calls.length;
  await until(settled, "all calls", 60_000);
  return refused;
}

needs(
  PERMISSIONS,
  "with all defaults no mix of messages from 100 connections ends a process with a heap of 1 GiB",
  async () => {
    const script = new URL("holder.ts", import.meta.url);
    await using server = startChild(script, {}, ["-A", "--v8-flags=--max-old-space-size=1024"]);
    const address = await server.line();
    await using clients = new AsyncDisposableStack();
    const open = (compression: "gzip" | "identity") => {
      const options = { address, logger: quiet, timeout: 600_000, drainTimeout: 0, compression } as const;
      return clients.use(createClient(rawServiceOf(), options) as Client<never>) as unknown as Raw;
    };
    const all: Raw[] = [];

    // Each connection takes all that it can when it is the youngest: half, a third, a fourth of bufferBytes.
    const keep = methodOf(STEADY);
    let held = 0;
    for (let i = 1; i <= CONNECTIONS; i++) {
      const client = open(i % 2 ? "gzip" : "identity");
      all.push(client);
      const room = 2 * bufferBytes - held;
      const share = i === 1 ? bufferBytes / 2 : bufferBytes / i;
      const bytes = steady(Math.max(1000, Math.min(share, room, decodedMessageBytes)));
      const count = i === 1 ? 2 : 1;
      const refused = await make(server, Array(count).fill(() => client[keep]!(bytes)));
      held += (count - refused.length) * memoryOf(STEADY, bytes);
      assert(refused.every((code) => code === Status.RESOURCE_EXHAUSTED), `${refused}`);
    }
    const { heapUsed } = await figures(server, "collect");
    assert(heapUsed > 0.5 * held && held > 1.8 * bufferBytes, `${heapUsed} bytes for ${held}, as estimated`);
    assert(heapUsed < 1.1 * held + 50 * MIB_BYTES, `${heapUsed} bytes for ${held}, as estimated`);

    // Meanwhile everybody sends one of the worst, and some send bombs of a few KB.
    const worst = WORST.map((one) => [methodOf(one), messageOf(one, 30_000)] as const);
    const mixed = all.map((client, i) => () => {
      const [method, bytes] = worst[i % worst.length]!;
      return client[method]!(bytes);
    });
    await make(server, mixed);
    const bomb = messageOf(STEADY, receiveMessageBytes);
    const bombs = all.filter((_, i) => i % 10 === 0).map((client) => () => client[keep]!(bomb));
    assertEquals(await make(server, bombs), Array(10).fill(Status.RESOURCE_EXHAUSTED));

    const { hits } = await figures(server, "drop");
    assert(hits.bufferBytes! > 0 && hits.decodedMessageBytes! >= 10, JSON.stringify(hits));
    assert((await figures(server, "collect")).heapUsed < 60 * MIB_BYTES, "what was held is collected");
    assertEquals(await make(server, [() => all[0]![keep]!(steady(decodedMessageBytes))]), []);
    await figures(server, "drop");
    assert(server.alive);
  },
);
