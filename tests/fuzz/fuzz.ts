/**
 * Fuzzes our HTTP/2 with mutated traffic of real peers, and the codec with mutated messages. `deno task fuzz
 * --seconds=60 --seed=1 --target=server`
 *
 * What is found is kept in `found/`, and tried again by each run of the tests.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { PREFACE } from "../hostile/wire.ts";
import { seeded } from "../random.ts";
import { MESSAGES } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { TARGETS } from "./targets.ts";
import { recordTraffic, type Traffic } from "./traffic.ts";

/** Where the inputs are that were found. */
export const FOUND = new URL("found/", import.meta.url);
/** Inputs that one target gets before the next has its turn. */
const TURN_MS = 200;
/** How long one input may take, in milliseconds: far more than any does. */
const HANG_MS = 5000;
/**
 * How long the fastest of {@linkcode RUNS} may take, in milliseconds: so much for any input, and so much for each
 * octet. The most is 1.2 us.
 */
const MOST_MS = 50, MOST_MS_AN_OCTET = 0.005;
/** One run may take long because of the collector, or other programs. */
const RUNS = 5;

/** What a run came to. */
export interface FuzzResult {
  /** The inputs that were tried. */
  readonly inputs: number;
  /** What was found: the file, and what was wrong. */
  readonly found: readonly string[];
}

/** Fuzzes for a while. With the same seed and traffic the inputs are the same. */
export async function fuzz(options: {
  seconds: number;
  seed: number;
  traffic: Traffic;
  targets?: readonly string[];
}): Promise<FuzzResult> {
  const { seconds, seed, traffic, targets = Object.keys(TARGETS) } = options;
  const random = seeded(seed);
  const found = new Map<string, string>();
  let inputs = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    for (const name of targets) {
      const { run, from } = TARGETS[name]!;
      const preface = from === "client" ? PREFACE.length : 0;
      const given = from === "messages" ? MESSAGES : traffic[from];
      for (let i = 0; i < TURN_MS; i++, inputs++) {
        const input = mutate(given[random(given.length)]!, random, given, preface);
        const why = await fault(run, input);
        // One of each kind is enough.
        if (why === undefined || found.has(kindOf(why))) continue;
        found.set(kindOf(why), `${await save(name, input)}: ${why}`);
      }
    }
  }
  return { inputs, found: [...found.values()] };
}

/** What is wrong with what comes of an input; undefined if nothing is. Its time must be in proportion to its octets. */
export async function fault(
  run: (input: Uint8Array) => void | Promise<void>,
  input: Uint8Array,
): Promise<string | undefined> {
  const most = MOST_MS + MOST_MS_AN_OCTET * input.length;
  let fastest = Infinity;
  try {
    for (let i = 0; i < RUNS && fastest > most; i++) {
      const start = performance.now();
      const result = run(input);
      if (result) await within(result);
      fastest = Math.min(fastest, performance.now() - start);
    }
    return fastest > most ? `it took ${fastest} ms for ${input.length} octets` : undefined;
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  }
}

async function within(result: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), HANG_MS);
  });
  await Promise.race([result, late]).finally(() => clearTimeout(timer));
}

/** Without what differs from input to input. */
const kindOf = (why: string) => why.replace(/\d+(,\d+)*/g, "N").slice(0, 300);

async function save(target: string, input: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", input.slice())).toHex().slice(0, 12);
  const name = `${target}-${hash}.bin`;
  await Deno.mkdir(FOUND, { recursive: true });
  await Deno.writeFile(new URL(name, FOUND), input);
  return name;
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: Deno.args, options: { seconds: text, seed: text, target: text } });
  const seconds = Number(values.seconds ?? 60);
  const seed = Number(values.seed ?? Date.now() % 1e9);
  const traffic = await recordTraffic();
  const octets = [...traffic.client, ...traffic.server].reduce((sum, { length }) => sum + length, 0);
  console.log(`seed ${seed}; ${traffic.client.length} connections recorded, ${octets} octets`);
  let all = 0;
  // A run in parts says how it goes. Each part has a seed of its own.
  for (let part = 0, left = seconds; left > 0; part++, left -= 10) {
    const targets = values.target ? [values.target] : undefined;
    const { inputs, found } = await fuzz({ seconds: Math.min(left, 10), seed: seed + part, traffic, targets });
    all += inputs;
    console.log(`${all} inputs, ${Math.round(inputs / Math.min(left, 10))} a second`);
    for (const one of found) console.log(`FOUND ${one}`);
    if (found.length > 0) Deno.exitCode = 1;
  }
}
