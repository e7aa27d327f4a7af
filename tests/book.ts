/**
 * Does what a page of the book says, block by block, in one folder. What a fence says after its language:
 *
 * | fence                  | what is done                                                               |
 * | ---------------------- | -------------------------------------------------------------------------- |
 * | `sh`                   | runs to its end, which has to be a good one; `cd` holds for what follows   |
 * | `sh server`            | runs until the next one, or the page's end                                 |
 * | `sh consul`            | a Consul of the tests is started in its place                              |
 * | `sh ignore REASON`     | nothing                                                                    |
 * | `text`                 | each line is in what the commands before it printed, within 10 seconds     |
 * | any with `file=PATH`   | becomes that file                                                          |
 *
 * @module
 */

import type { ConsulAgent } from "./consul.ts";
import { type Peer, runProgram, startProgram } from "./program.ts";

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

/** Where a page is tried out. */
export interface Desk {
  /** The folder in which the first command runs. */
  readonly folder: string;
  readonly consul: ConsulAgent;
  readonly env: Readonly<Record<string, string>>;
  /** The page's addresses as they are here: its ports may be taken. */
  moved(text: string): string;
  /** Is called with the folder of the commands after each of them. */
  after(cwd: string): void;
}

/** Does all that a page says. */
export async function follow(blocks: readonly Block[], desk: Desk): Promise<void> {
  let cwd = desk.folder;
  let server: Peer | undefined;
  let printed = "";

  const run = async (commands: string) => {
    const program = { path: "sh", args: ["-ec", `${commands}\npwd`], cwd, env: desk.env };
    const { code, stdout, stderr } = await runProgram(program, 120_000);
    if (code !== 0) throw new Error(`${commands}exit code ${code}\n${stdout}${stderr}`);
    const lines = stdout.trimEnd().split("\n");
    cwd = lines.pop()!;
    printed = lines.join("\n") + stderr;
    desk.after(cwd);
  };
  const serve = async (command: string) => {
    await server?.stop();
    printed = "";
    server = await startProgram(
      { path: "sh", args: ["-c", `exec env ${command}`], cwd, env: desk.env },
      'address="127.0.0.1:',
    );
  };
  const expect = async (text: string) => {
    for (const line of text.trimEnd().split("\n")) {
      if (printed.includes(line)) continue;
      if (server === undefined) throw new Error(`the page promises "${line}", printed was:\n${printed}`);
      await server.line(line);
    }
  };

  try {
    for (const { language, words, text } of blocks) {
      const path = /file=(\S+)/.exec(words)?.[1];
      if (path !== undefined) await Deno.writeTextFile(`${cwd}/${path}`, text);
      else if (language === "text") await expect(desk.moved(text));
      else if (language !== "sh" || words.startsWith("ignore")) continue;
      else if (words === "consul") await desk.consul.start();
      else if (words === "server") await serve(desk.moved(text));
      else await run(desk.moved(text));
    }
  } finally {
    await server?.stop();
  }
}
