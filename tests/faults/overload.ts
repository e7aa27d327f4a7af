/**
 * What a server makes of too many calls. By itself it prints the figures of docs/reliability.md:
 * `deno run -A tests/faults/overload.ts`, about 3 minutes.
 *
 * @module
 */

import type { ServerPolicy } from "../../mod.ts";
import { startChild } from "../child.ts";
import type { Load, Result } from "./overload_load.ts";

/** A result, and how many calls were answered in time for each second of the server's processor. */
export interface Measured extends Result {
  readonly perCpuSecond: number;
  /** The share of a core that the server had. */
  readonly cpu: number;
}

/**
 * Calls a server of its own at these rates, one after the other.
 *
 * @param handler Which of its handlers.
 * @param policy How it protects itself.
 * @param rates Calls a second; or five times as many as were answered in time at the rate before, which is what a busy
 * machine leaves.
 */
export async function overload(
  handler: string,
  policy: ServerPolicy,
  rates: readonly (number | "5x")[],
  times: Pick<Load, "timeout" | "warmup" | "seconds">,
): Promise<Measured[]> {
  await using server = startChild(new URL("overload_server.ts", import.meta.url), policy);
  const setup: Load = { address: await server.line(), mes: handler, ...times };
  await using load = startChild(new URL("overload_load.ts", import.meta.url), setup);
  const measured: Measured[] = [];
  for (const given of rates) {
    const rate = given === "5x" ? 5 * Math.max(measured.at(-1)!.goodput, 50) : given;
    await load.tell(String(rate));
    await load.line();
    const [start, before] = [performance.now(), cpuSeconds(server.pid)];
    await load.line();
    const cpu = cpuSeconds(server.pid) - before;
    const share = cpu / (performance.now() - start) * 1000;
    const result: Result = JSON.parse(await load.line());
    measured.push({ ...result, cpu: share, perCpuSecond: Math.round(result.goodput * times.seconds / cpu) });
  }
  return measured;
}

/** The time of the processor that a process has had. */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

if (import.meta.main) {
  const times = { timeout: 500, warmup: 3, seconds: 4 };
  const runs: [string, ServerPolicy][] = [
    ["cpu", {}],
    ["cpu", { overload: false }],
    ["late", {}],
    ["late", { overload: false }],
    ["pool", { concurrency: {} }],
    ["pool", { concurrency: { limit: 10 } }],
    ["pool", {}],
  ];
  for (const [handler, policy] of runs) {
    for (let round = 0; round < 3; round++) {
      const results = await overload(handler, policy, [500, "5x"], times);
      for (const one of results) console.log(handler, JSON.stringify(policy), JSON.stringify(one));
    }
  }
}
