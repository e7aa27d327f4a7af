/**
 * Calls that come as callers come: at random, so many a second, whether those before have been answered or not. For each line on stdin with a
 * rate it calls for some seconds and prints what came of it.
 *
 * @module
 */

import { createClient, RpcError, Status } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";

/** What it is told. */
export interface Load {
  readonly address: string;
  /** The handler. */
  readonly mes: string;
  /** How long each call may take, in milliseconds. */
  readonly timeout: number;
  /** How long it calls, in seconds. Calls of the first are not counted. */
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
const WARMUP = 1000;

if (import.meta.main) {
  const { address, mes, timeout, seconds } = JSON.parse(Deno.args[0]!) as Load;
  const clients = Array.from({ length: CONNECTIONS }, () => createClient(EchoService, { address }));
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    console.log(JSON.stringify(await run(Number(text), seconds * 1000)));
  }
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));

  async function run(rate: number, milliseconds: number): Promise<Result> {
    const times: number[] = [];
    const ends = new Map<number, number>();
    let example: string | undefined;
    let offered = 0;
    const call = async (n: number, due: number, counts: boolean) => {
      try {
        await clients[n % CONNECTIONS]!.echo({ mes }, { timeout });
        if (counts) times.push(performance.now() - due);
      } catch (error) {
        const { code, message } = RpcError.from(error);
        if (counts) ends.set(code, (ends.get(code) ?? 0) + 1);
        if (code !== Status.RESOURCE_EXHAUSTED && code !== Status.DEADLINE_EXCEEDED) example ??= message;
      }
    };
    const calls: Promise<void>[] = [];
    const start = performance.now();
    for (let due = start, n = 0; due < start + milliseconds; n++, due += -Math.log(1 - Math.random()) * 1000 / rate) {
      while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
      const counts = due > start + WARMUP;
      if (counts) offered++;
      calls.push(call(n, due, counts));
    }
    await Promise.all(calls);
    times.sort((a, b) => a - b);
    const share = (count: number) => Math.round(count / (milliseconds - WARMUP) * 1000);
    const of = (code: Status) => ends.get(code) ?? 0;
    const refused = of(Status.RESOURCE_EXHAUSTED), late = of(Status.DEADLINE_EXCEEDED);
    return {
      offered: share(offered),
      goodput: share(times.length),
      refused: share(refused),
      late: share(late),
      others: offered - times.length - refused - late,
      example,
      p50: Math.round(times[times.length >> 1] ?? 0),
      p99: Math.round(times[Math.floor(times.length * 0.99)] ?? 0),
    };
  }
}
