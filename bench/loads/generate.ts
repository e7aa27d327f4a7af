import { type Program, run } from "../process.ts";
import { cpuOf, type Server } from "../server.ts";

/** Runs a load generator for some time. It prints the amount of work that it has done as one line of JSON. */
export async function generate(server: Server, program: Program, seconds: number) {
  const [load, cpu, busy] = await cpuOf(server, () => run(server.beside(program), seconds + 30));
  const { warmUp = 0, done, seconds: took, p50, p99, cpu: own } = JSON.parse(load.stdout);
  if (!done) throw new Error(`${program.command} finished nothing`);
  return {
    p50,
    p99,
    rate: done / took,
    cpu: cpu / (warmUp + done) * 1e6,
    own: own / done * 1e6,
    busy: busy * 100,
    loadBusy: load.busy * 100,
  };
}
