/**
 * Does what a page of the book says, block by block, in one folder. What a fence says after its language:
 *
 * | fence                     | what is done                                                             |
 * | ------------------------- | ------------------------------------------------------------------------ |
 * | `sh`                      | runs to its end, which has to be a good one; `cd` holds for what follows |
 * | `sh fails`                | runs to its end, which has to be a bad one                               |
 * | `sh server`               | runs until the next one, or the page's end                               |
 * | `sh consul`               | a Consul of the tests is started in its place                            |
 * | `sh ignore REASON`        | nothing                                                                  |
 * | `ts ignore run`           | a program: as `sh`                                                       |
 * | `ts ignore serve`         | a program: as `sh server`                                                |
 * | `ts ignore test`          | a file of tests, which need no permission: they pass                     |
 * | `ts ignore types: REASON` | nothing: its types alone are checked                                     |
 * | `text`                    | each line is in what was printed last, within 10 seconds for a server    |
 * | any with `file=PATH`      | becomes that file                                                        |
 *
 * The word `ignore` of TypeScript is for `deno test --doc`. What calls :8888 before the page has a server gets one.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { ConsulAgent } from "./consul.ts";
import { type Peer, runProgram, startProgram } from "./program.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const urlOf = (path: string) => new URL(`../${path}`, import.meta.url).href;

/** A fenced block. */
export interface Block {
  readonly language: string;
  /** What stands after the language. */
  readonly words: string;
  readonly text: string;
}

/** The fenced blocks of a page. */
export function blocksOf(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```(\w+) ?([^\n]*)\n(.*?)^```$/gms);
  return [...fences].map(([, language, words, text]) => ({ language: language!, words: words!, text: text! }));
}

/** A page's TypeScript with imports that lead to this repository. */
export const importable = (code: string): string =>
  code.replace("@dinokit/dinokit/testing", () => urlOf("testing/mod.ts"))
    .replace("@dinokit/dinokit/errors", () => urlOf("errors/mod.ts"))
    .replace("@dinokit/dinokit/grpc_js", () => urlOf("transport/grpc_js/mod.ts"))
    .replace(/"(@dinokit\/dinokit|(?:https:\S+|\.)\/mod\.ts)"/, () => `"${urlOf("mod.ts")}"`)
    .replace(/"\.[./]*\/(?:idl|proto)\/echo\.ts"/, () => `"${urlOf("proto/echo.ts")}"`);

/** Where a page is tried out. */
export interface Desk {
  /** The folder in which the first command runs. */
  readonly folder: string;
  readonly consul: ConsulAgent;
  readonly env: Readonly<Record<string, string>>;
  /** The page's addresses as they are here: its ports may be taken. */
  moved(text: string): string;
  /** Is called with the folder of the commands after each of them. */
  after?(cwd: string): void;
}

/** Gives a page's addresses others, which are free here; and the clone is this one. */
export function mover(consul: string): (text: string) => string {
  const listeners = [0, 0].map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  const [calls, health] = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return (text) =>
    text.replaceAll(/(?<=\s)dinokit\/cli\/main\.ts/g, () => quoted(`${ROOT}cli/main.ts`)).replaceAll(
      ":8888",
      `:${calls}`,
    )
      .replaceAll(":8889", `:${health}`).replaceAll(/(127\.0\.0\.1|consul):8500/g, consul);
}

/** Text as one word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What serves where a page has no server of its own. */
const SERVER = `import { createServer } from "@dinokit/dinokit";
import { EchoService } from "../../proto/echo.ts";

const server = createServer({ name: "echoservice", address: "127.0.0.1:8888", reflection: true });
server.add(EchoService, { echo: (request) => ({ resp: request.mes }) });
await server.run();
`;

/** Does all that a page says. */
export async function follow(blocks: readonly Block[], desk: Desk): Promise<void> {
  const reader = new Reader(desk);
  try {
    for (const block of blocks) await reader.take(block);
  } finally {
    await reader.stop();
  }
}

/** Who sits at the desk. */
class Reader {
  readonly #desk: Desk;
  #cwd: string;
  #server: Peer | undefined;
  #printed = "";
  #programs = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#cwd = desk.folder;
  }

  async take({ language, words, text }: Block): Promise<void> {
    const path = /file=(\S+)/.exec(words)?.[1];
    const moved = this.#desk.moved(text);
    if (path !== undefined) return await this.#write(path, moved);
    if (language === "text") return await this.#expect(moved);
    if (language === "ts") return await this.#program(moved, words.replace(/^ignore /, ""));
    if (language !== "sh" || words.startsWith("ignore")) return;
    if (words === "consul") return await this.#desk.consul.start();
    if (words === "server") return await this.#serve(moved);
    await this.#needServer(text);
    await this.#run(moved, words !== "fails");
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  async #write(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.#cwd}/${path}`, text);
  }

  async #program(code: string, kind: string): Promise<void> {
    if (kind.startsWith("types")) return;
    const path = `${this.#desk.folder}/snippet_${this.#programs++}_test.ts`;
    await Deno.writeTextFile(path, importable(code));
    // The lock file beside it says which packages: without it Deno would ask npm.
    const deno = (command: string) =>
      `deno ${command} --quiet --config=${quoted(`${ROOT}deno.json`)} ${quoted(path)}\n`;
    if (kind === "serve") return await this.#serve(deno("run -A"));
    if (kind === "test") return await this.#run(deno("test --no-prompt --no-check"), true);
    if (kind !== "run") throw new Error(`nobody knows what "ts ignore ${kind}" is`);
    if (code.includes("createServer(")) await this.stop();
    else await this.#needServer(":8888");
    await this.#run(deno("run -A"), true);
  }

  async #needServer(text: string): Promise<void> {
    if (text.includes(":8888") && !this.#server) await this.#program(this.#desk.moved(SERVER), "serve");
  }

  async #run(commands: string, well: boolean): Promise<void> {
    const script = well ? `${commands}\npwd` : commands;
    const program = { path: "sh", args: ["-ec", script], cwd: this.#cwd, env: this.#desk.env };
    const { code, stdout, stderr } = await runProgram(program, 120_000);
    if ((code === 0) !== well) throw new Error(`${commands}exit code ${code}\n${stdout}${stderr}`);
    const lines = stdout.trimEnd().split("\n");
    if (well) this.#cwd = lines.pop()!;
    this.#printed = lines.join("\n") + stderr;
    this.#desk.after?.(this.#cwd);
  }

  async #serve(command: string): Promise<void> {
    await this.stop();
    this.#printed = "";
    const program = { path: "sh", args: ["-c", `exec env ${command}`], cwd: this.#cwd, env: this.#desk.env };
    this.#server = await startProgram(program, "serving service=");
  }

  async #expect(text: string): Promise<void> {
    for (const line of text.trimEnd().split("\n")) {
      if (this.#printed.includes(line)) continue;
      if (!this.#server) throw new Error(`the page promises "${line}", printed was:\n${this.#printed}`);
      await this.#server.line(line);
    }
  }
}
