/**
 * Describes the machine of a measurement.
 *
 * @module
 */

import { has } from "./process.ts";

const CORES = navigator.hardwareConcurrency;

/**
 * Returns the cores for a server and for its load, as `taskset -c` takes them. A server on one core does not share it.
 * On a machine with two cores, a server on two cores shares both with the load.
 */
export function cores(server: 1 | 2): { server: string; load: string } {
  if (CORES === 1) return { server: "0", load: "0" };
  if (server === 1) return { server: "0", load: "1" };
  return { server: "0,1", load: CORES >= 4 ? "2,3" : "0,1" };
}

/** Returns the properties of the machine, one per line. */
export async function machineFacts(): Promise<string[]> {
  const cpu = /^model name\s*: (.*)$/m.exec(await read("/proc/cpuinfo"))?.[1] ?? "unknown CPU";
  const kib = Number(/^MemTotal:\s+(\d+)/m.exec(await read("/proc/meminfo"))?.[1]);
  const siblings = (await read("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")).trim();
  const load = Deno.loadavg()[0]!;
  const shared = load > 0.5
    ? ": others use the cores, so calls/s and latencies are worse than they could be; CPU per call holds"
    : "";
  return [
    `${CORES} cores of ${cpu}, ${Math.round(kib / 1024 / 1024)} GiB, Linux ${Deno.osRelease()}; load before the start ${
      load.toFixed(2)
    }${shared}`,
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8}), ${await versions()}`,
    pinning(siblings),
  ];
}

function pinning(siblings: string): string {
  if (CORES === 1) return "One core: servers and load generator share it, so calls/s says little; CPU per call holds";
  const shared = /[,-]/.test(siblings) ? ` Cores ${siblings} are threads of one physical core.` : "";
  const two = CORES >= 4
    ? "servers on two cores run on 0 and 1, their load on 2 and 3"
    : "servers on two cores share both with their load";
  return `taskset: servers on one core run on core 0, their load on core 1; ${two}.${shared}`;
}

async function versions(): Promise<string> {
  const asked = [["node", "--version"], ["go", "version"], ["rustc", "--version"], ["h2load", "--version"]] as const;
  const answers = await Promise.all(asked.map(async ([command, flag]) => {
    if (!await has(command)) return `no ${command}`;
    const { stdout } = await new Deno.Command(command, { args: [flag], stderr: "null" }).output();
    return `${command} ${/\d+\.\d+(\.\d+)?/.exec(new TextDecoder().decode(stdout))?.[0]}`;
  }));
  return answers.join(", ");
}

const read = (path: string) => Deno.readTextFile(path).catch(() => "");
