/**
 * Starts processes and reads their statistics from Linux.
 *
 * @module
 */

/** A program to run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** USER_HZ, the unit of times in /proc. It is the same on all Linux machines that Deno supports. */
const TICKS_PER_SECOND = 100;

/** Returns the processor time that a process has used in all its threads, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The second field, the name, may contain any characters, so the fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Returns the resident memory of a process, in KiB. */
export async function residentKiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Restricts a program to some cores. `taskset` becomes the program, so the process id is the program's. */
export function pinned(program: Program, cores: string): Program {
  return { ...program, command: "taskset", args: ["-c", cores, program.command, ...program.args] };
}

/** The processes that have not ended. */
const running = new Set<Deno.ChildProcess>();

/** Kills all running processes at the end of the bench. */
export function killAll(): void {
  for (const child of running) kill(child, "SIGKILL");
}

/** Starts a program with piped output. */
export function spawn({ command, args, cwd, env }: Program, stdin: "null" | "piped" = "null"): Deno.ChildProcess {
  const plain = { NO_COLOR: "1", ...env };
  const pipes = { stdin, stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(command, { args: [...args], cwd, env: plain, ...pipes }).spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  return child;
}

/** Sends a signal to a process, unless it has ended. */
export function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** The output of a program, and the share of a core that it used. */
export interface Finished {
  readonly stdout: string;
  readonly busy: number;
}

/**
 * Runs a program to its end.
 *
 * @param timeout The time limit in seconds.
 * @throws {Error} If the program fails or takes longer. The message contains the end of its output.
 */
export async function run(program: Program, timeout: number): Promise<Finished> {
  const child = spawn(program);
  const start = performance.now();
  let busy = 0;
  const sampler = setInterval(async () => {
    const seconds = (performance.now() - start) / 1000;
    const cpu = await cpuSeconds(child.pid).catch(() => undefined); // it has ended
    if (cpu !== undefined) busy = cpu / seconds;
  }, 100);
  const killer = setTimeout(() => kill(child, "SIGKILL"), timeout * 1000);
  try {
    const { code, signal, stdout, stderr } = await child.output();
    const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (code !== 0) {
      throw new Error(`${describe(program)} ended with ${signal ?? code}: ${complained!.trim().slice(-500)}`);
    }
    return { stdout: said!, busy };
  } finally {
    clearInterval(sampler);
    clearTimeout(killer);
  }
}

const describe = ({ command, args }: Program) => [command, ...args].join(" ").slice(0, 60);

/** Whether a command exists. If Node is missing, Deno puts a "node" on PATH that is Deno, which does not count. */
export async function has(command: string): Promise<boolean> {
  const path = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => !folder.endsWith("/node_compat_bin"));
  const found = await Promise.all(
    path.map((folder) => Deno.stat(`${folder}/${command}`).then(() => true, () => false)),
  );
  return found.includes(true);
}
