/** A server that runs in a process of its own. */
export interface Peer extends AsyncDisposable {
  /** Where it listens: `"127.0.0.1:PORT"`. */
  readonly address: string;
  /** The lines that it has printed so far. */
  readonly lines: readonly string[];
  /**
   * The first line that holds `part`, as soon as there is one.
   *
   * @throws {Error} If there is none within 10 seconds, or the program ends before.
   */
  line(part: string): Promise<string>;
  /** Sends it a signal, if it has not ended. */
  signal(signal: Deno.Signal): void;
  /** Asks it to end (SIGTERM), and kills it if it has not after 5 seconds. */
  stop(): Promise<void>;
}

/** A program, and how it is started. */
export interface Program {
  /** Its path. */
  readonly path: string;
  /** Its arguments. */
  readonly args?: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Where it runs.
   * @default {the folder of this process}
   */
  readonly cwd?: string;
}

/** What a program that has ended left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end.
 *
 * @param program It.
 * @param within In milliseconds.
 * @throws {Error} If it has not ended in time; then it was killed.
 */
export async function runProgram({ path, args = [], env, cwd }: Program, within = 20_000): Promise<Outcome> {
  const signal = AbortSignal.timeout(within);
  const command = new Deno.Command(path, { args: [...args], env, cwd, stdin: "null", signal });
  const output = await command.output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (signal.aborted) {
    throw new Error(`${path} ${args.join(" ")} had not ended after ${within} ms:\n${stdout}${stderr}`);
  }
  return { code: output.code, stdout: stdout!, stderr: stderr! };
}

/**
 * Runs a program that has to succeed.
 *
 * @param remedy What helps if it does not.
 * @param within In milliseconds.
 * @throws {Error} If it can't run or fails; the message holds its output and the remedy.
 */
export async function must(program: Program, remedy: string, within = 5 * 60_000): Promise<void> {
  const command = `${program.path} ${program.args?.join(" ")}`;
  const { code, stdout, stderr } = await runProgram(program, within).catch((error) => {
    throw new Error(`${command} can't run: ${error.message}\n  ${remedy}`);
  });
  if (code !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}\n  ${remedy}`);
}

/**
 * Starts a server. It ends with the scope of `await using`.
 *
 * @param program It.
 * @param ready What it prints once it serves, up to the port's number: `"READY 127.0.0.1:"`.
 * @throws {Error} If it does not print that within 10 seconds; the message holds what it printed.
 */
export async function startProgram({ path, args = [], env, cwd }: Program, ready: string): Promise<Peer> {
  const child = new Deno.Command(path, {
    args: [...args],
    env,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Lines(child.stdout, child.stderr);
  const stop = async (): Promise<void> => {
    kill(child, "SIGTERM");
    const timer = setTimeout(() => kill(child, "SIGKILL"), 5000);
    await Promise.all([child.status, output.ended]);
    clearTimeout(timer);
  };
  const line = async (part: string): Promise<string> => {
    const found = await output.find(part);
    if (found !== undefined) return found;
    await stop();
    throw new Error(`${path} ${args.join(" ")} did not print "${part}" but:\n${output.lines.join("\n")}`);
  };
  const text = await line(ready);
  const port = parseInt(text.slice(text.indexOf(ready) + ready.length), 10);
  const signal = (signal: Deno.Signal) => kill(child, signal);
  return { address: `127.0.0.1:${port}`, lines: output.lines, line, signal, stop, [Symbol.asyncDispose]: stop };
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended by itself
  }
}

/** The lines of a program's output as they come. */
class Lines {
  readonly lines: string[] = [];
  /** Resolves when the output has ended. */
  readonly ended: Promise<unknown>;
  #more = Promise.withResolvers<void>();
  #open = true;

  constructor(...streams: ReadableStream<Uint8Array<ArrayBuffer>>[]) {
    this.ended = Promise.all(streams.map((stream) => this.#read(stream))).finally(() => {
      this.#open = false;
      this.#more.resolve();
    });
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      this.lines.push(...parts);
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    }
    if (rest !== "") this.lines.push(rest);
  }

  /** The first line that holds `part`; undefined if there is none within 10 seconds or up to the end. */
  async find(part: string): Promise<string | undefined> {
    const late = Promise.withResolvers<void>();
    let waiting = true;
    const timer = setTimeout(() => {
      waiting = false;
      late.resolve();
    }, 10_000);
    try {
      while (true) {
        const line = this.lines.find((line) => line.includes(part));
        if (line !== undefined || !waiting || !this.#open) return line;
        await Promise.race([this.#more.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
