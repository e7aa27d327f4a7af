/**
 * A client of the soak: calls of all kinds, as fast as its pauses allow, until a line on stdin stops it or it is
 * killed. Every 50 ms it prints the acknowledged calls on stdout.
 *
 * @module
 */

import { type Client, createClient, RpcError, Status } from "../../mod.ts";
import { Kinds } from "../proto/kinds.ts";
import { type SocketTransport, transportOf } from "../transport_of.ts";

/** The figures that it prints. */
export interface Report {
  /** Unary calls with an entry in the server's ledger that were answered, and the sum of their numbers. */
  acked: number;
  sum: number;
  /** Calls of all kinds that ended as they should. */
  good: number;
  /** Calls that failed by the loss of a connection, and the last error. */
  lost: number;
  why: string;
  /** Answers that were not those to the question; must never be. */
  wrong: string[];
  heapUsed: number;
  rss: number;
}

interface Setup {
  name: string;
  address: string;
  transport: SocketTransport;
  limits: object;
  /** Between two calls of a loop, in milliseconds. */
  pause: number;
}

const LOOPS = 8;

const report: Report = { acked: 0, sum: 0, good: 0, lost: 0, why: "", wrong: [], heapUsed: 0, rss: 0 };
let stopped = false;

function expect(same: boolean, what: string): void {
  if (!same) report.wrong.push(what);
}

async function* numbers(count: number) {
  for (let i = 0; i < count; i++) {
    yield { count: i, text: `n${i}` };
    if (i % 8 === 7) await new Promise((done) => setTimeout(done, 1));
  }
}

/** Each kind of call; each checks what came. */
const CALLS: ((client: Client<typeof Kinds>) => Promise<void>)[] = [
  async (client) => {
    const data = crypto.getRandomValues(new Uint8Array(50_000));
    const reply = await client.unary({ data }, { timeout: 5000 });
    expect(reply.data.length === data.length && reply.data.at(-1) === data.at(-1), "unary of 50 KB");
  },
  async (client) => {
    const reply = await client.unary({ data: new Uint8Array(1_000_000) }, { timeout: 5000 });
    expect(reply.data.length === 1_000_000, "unary of 1 MB");
  },
  async (client) => {
    const { count, text } = await client.clientStream(numbers(20), { timeout: 5000 });
    expect(count === 20 && text.endsWith("n19"), `client stream: ${count} ${text}`);
  },
  async (client) => {
    let next = 0;
    for await (const { count } of client.serverStream({ count: 50 }, { timeout: 5000 })) {
      expect(count === next++, `server stream: ${count}`);
    }
    expect(next === 50, `server stream ended after ${next}`);
  },
  async (client) => {
    let next = 0;
    for await (const { count } of client.bidi(numbers(20), { timeout: 5000 })) {
      expect(count === next++, `bidi: ${count}`);
    }
    expect(next === 20, `bidi ended after ${next}`);
  },
  async (client) => {
    // Left early: the server is to notice.
    for await (const { count } of client.serverStream({ count: 1_000_000, text: "x".repeat(100) })) {
      if (count === 20) break;
    }
  },
  (client) => fails(client.unary({ text: "fail:5:gone" }, { timeout: 5000 }), Status.NOT_FOUND),
  (client) => fails(client.unary({ text: "hang" }, { timeout: 30 }), Status.DEADLINE_EXCEEDED),
  (client) => fails(client.unary({ text: "hang" }, { signal: AbortSignal.timeout(20) }), Status.CANCELLED),
];

async function fails(call: Promise<unknown>, code: Status): Promise<void> {
  const error = await call.then(() => undefined, (error) => error);
  if (error instanceof RpcError && error.code === code) return;
  if (error !== undefined) throw error;
  report.wrong.push(`an answer, where ${Status[code]} was due`);
}

async function loop(client: Client<typeof Kinds>, name: string, first: number, pause: number): Promise<void> {
  for (let n = first; !stopped; n += LOOPS) {
    try {
      if (n % 3 === 0) await CALLS[Math.floor(Math.random() * CALLS.length)]!(client);
      else {
        const { count } = await client.unary({ count: n }, { metadata: { "x-entry": `${name}:${n}` }, timeout: 5000 });
        expect(count === n, `unary: ${count} for ${n}`);
        report.acked++;
        report.sum += n;
      }
      report.good++;
    } catch (error) {
      report.lost++;
      report.why = String(error);
      await new Promise((done) => setTimeout(done, 50));
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

function say(): void {
  const { heapUsed, rss } = Deno.memoryUsage();
  console.log(JSON.stringify({ ...report, heapUsed, rss }));
}

const { name, address, transport, limits, pause } = JSON.parse(Deno.args[0]!) as Setup;
const teller = setInterval(say, 50);
{
  await using client = createClient(Kinds, { address, transport: transportOf(transport), limits });
  const loops = Array.from({ length: LOOPS }, (_, i) => loop(client, name, i + 1, pause));
  while (await Deno.stdin.read(new Uint8Array(16)) !== null) (globalThis as { gc?(): void }).gc?.();
  stopped = true;
  await Promise.all(loops);
}
clearInterval(teller);
say();
