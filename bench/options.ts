/**
 * The flags of `deno task bench`.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** The parsed flags. */
export interface Options {
  readonly only: readonly string[] | undefined;
  readonly loads: readonly string[] | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly transport: string | undefined;
  readonly json: string | undefined;
}

/** Returns the text of --help. */
export const help = (peers: readonly string[], loads: readonly string[]): string =>
  `Measures Dinokit beside its peers, all in one run: rounds in turn, medians, ratios, as Markdown.

  deno task bench [--only=PEER,...] [--load=LOAD,...] [--rounds=N] [--seconds=S] [--transport=NAME] [--json=FILE]

  --only       only these peers                           (${peers.join(", ")})
  --load       only these loads                           (${loads.join(", ")})
  --rounds     how often each is measured                 (3)
  --seconds    how long a measurement takes               (2)
  --transport  what Dinokit's server and client run on    (the kit's default)
  --json       where all samples are written too

Peers are installed and built in ~/.cache/dinokit/bench. It needs Go; without Node, Rust, h2load or openssl it leaves out
what needs them, and says so. About 11 minutes on two cores, with nothing else running.`;

/**
 * Parses the flags; returns undefined if help is requested.
 *
 * @throws {TypeError} If a flag, a peer or a load is unknown, or a number is not a whole number.
 */
export function parseOptions(args: string[], peers: readonly string[], loads: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      load: { type: "string" },
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "2" },
      transport: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  return {
    only: list("--only", values.only, peers),
    loads: list("--load", values.load, loads),
    rounds: whole("--rounds", values.rounds),
    seconds: whole("--seconds", values.seconds),
    transport: values.transport,
    json: values.json,
  };
}

function list(flag: string, text: string | undefined, known: readonly string[]): string[] | undefined {
  const names = text?.split(",");
  const wrong = names?.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new TypeError(`${flag}: there is no ${JSON.stringify(wrong)}; there are ${known.join(", ")}`);
  }
  return names;
}

function whole(flag: string, text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= 1 && number <= 1000)) {
    throw new TypeError(`${flag} is ${JSON.stringify(text)}; give a whole number from 1 to 1000`);
  }
  return number;
}
