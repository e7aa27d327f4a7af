/**
 * Makes calls at random moments at a given rate, whether or not earlier calls were answered. Each line on stdin is a
 * rate: it makes calls for some seconds and prints the results.
 *
 * @module
 */

import { type Client, createClient, RpcError, Status } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

/** The load, which is the JSON of its first argument. */
export interface Load {
  readonly address: string;
  /** The handler. */
  readonly mes: string;
  /** How long each call may take, in milliseconds. */
  readonly timeout: number;
  /** How long it calls before it counts, and how long it counts, in seconds. */
  readonly warmup: number;
  readonly seconds: number;
}

/** What came of it. Rates are calls a second, times milliseconds from when the call was due. */
export interface Result {
  readonly offered: number;
  /** Answered in time. */
  readonly goodput: number;
  readonly refused: number;
  readonly late: number;
  /** How many ended in another way, in all, and one of them. */
  readonly others: number;
  readonly example?: string;
  readonly p50: number;
  readonly p99: number;
}

const CONNECTIONS = 8;

type Echo = Client<typeof EchoService>;

/** What came of some calls. */
class Tally {
  readonly times: number[] = [];
  offered = 0;
  #refused = 0;
  #late = 0;
  #others = 0;
  #example: string | undefined;

  /** Makes one call that was due then. */
  async call(client: Echo, mes: string, timeout: number, due: number): Promise<void> {
    this.offered++;
    try {
      await client.echo({ mes }, { timeout });
      this.times.push(performance.now() - due);
    } catch (error) {
      const { code, message } = RpcError.from(error);
      if (code === Status.RESOURCE_EXHAUSTED) this.#refused++;
      else if (code === Status.DEADLINE_EXCEEDED) this.#late++;
      else this.#example = `${++this.#others}: ${message}`;
    }
  }

  /** Returns the result of a measurement of `seconds` seconds. */
  result(seconds: number): Result {
    const times = this.times.sort((a, b) => a - b);
    const share = (count: number) => Math.round(count / seconds);
    const quantile = (part: number) => Math.round(times[Math.floor(times.length * part)] ?? 0);
    return {
      offered: share(this.offered),
      goodput: share(times.length),
      refused: share(this.#refused),
      late: share(this.#late),
      others: this.#others,
      example: this.#example,
      p50: quantile(0.5),
      p99: quantile(0.99),
    };
  }
}

async function run(clients: readonly Echo[], rate: number, { mes, timeout, warmup, seconds }: Load): Promise<Result> {
  const [early, counted] = [new Tally(), new Tally()];
  const calls: Promise<void>[] = [];
  const start = performance.now();
  const counts = start + warmup * 1000;
  let due = start;
  for (let n = 0; due < counts + seconds * 1000; n++) {
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
    if (due >= counts && counted.offered === 0) console.log("counting");
    calls.push((due < counts ? early : counted).call(clients[n % clients.length]!, mes, timeout, due));
    due += -Math.log(1 - Math.random()) * 1000 / rate;
  }
  console.log("counted");
  await Promise.all(calls);
  return counted.result(seconds);
}

if (import.meta.main) {
  const load: Load = JSON.parse(Deno.args[0]!);
  const clients = Array.from({ length: CONNECTIONS }, () => createClient(EchoService, { address: load.address }));
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    console.log(JSON.stringify(await run(clients, Number(text), load)));
  }
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
}
