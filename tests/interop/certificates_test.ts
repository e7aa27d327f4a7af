/**
 * The kit's check of certificates beside that of Go's crypto/x509, on chains by chance: what is wrong in them is often
 * one thing, or nothing.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseCertificate } from "../../tls/certificate.ts";
import { chainProblem, type Purpose } from "../../tls/chain.ts";
import { isFor } from "../../tls/names.ts";
import { needs } from "../needs.ts";
import { type Random, seeded } from "../random.ts";
import {
  authority,
  extendedUsage,
  extension,
  forge,
  type Forged,
  type Key,
  makeKey,
  nameConstraints,
  names,
  usage,
  type Wish,
} from "../tls/forge.ts";
import { buildPeers, PEER_PERMISSIONS } from "./peers.ts";

const CHAINS = 600;
const HOUR_MS = 3600_000;
const KEYS = [makeKey(), makeKey(), makeKey("p384"), makeKey("ed25519")];
const NAMES = [
  "DNS:a.test",
  "DNS:x.a.test",
  "DNS:*.a.test",
  "DNS:b.test",
  "IP:0a000001",
  "URI:spiffe://a.test/x",
  "DNS:A.TEST",
];
const HOSTS = ["a.test", "x.a.test", "y.a.test", "b.test", "10.0.0.1", "A.test"];
const CONSTRAINTS = [
  { permitted: ["DNS:a.test"] },
  { permitted: ["DNS:x.a.test", "IP:0a000000ff000000"] },
  { permitted: ["IP:0b000000ff000000"] },
  { excluded: ["DNS:b.test"] },
  { excluded: ["DNS:x.a.test"] },
];
const STRANGE = extension("2a0304", new Uint8Array([5, 0]), true);

/** What a check is asked. */
interface Question {
  readonly chain: readonly Uint8Array[];
  readonly authority: Uint8Array;
  readonly purpose: Purpose;
  /** The name that a server must have. */
  readonly name: string;
}

/** Makes questions. */
class Chance {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  question(): Question {
    const root = this.#authority(["r1", "r2"]);
    const other = this.#authority(["r1", "r2"]);
    const above: Forged[] = [];
    let issuer = this.#in(10) ? other : root;
    for (let depth = this.#random(4); depth > 0; depth--) {
      issuer = this.#authority(["i1", "i2", "r1"], issuer);
      above.unshift(issuer);
    }
    const own = this.#own(issuer);
    if (this.#in(5)) above.reverse();
    if (this.#in(3)) above.push(root);
    if (this.#in(5)) above.push(other);
    const purpose = this.#pick<Purpose>(["client", "server"]);
    const name = purpose === "server" ? this.#pick(HOSTS) : "";
    return { chain: [own, ...above].map(({ der }) => der), authority: root.der, purpose, name };
  }

  #authority(called: string[], issuer?: Forged): Forged {
    const extensions = [
      ...(this.#in(15) ? [] : [authority(this.#in(3) ? this.#random(3) : undefined)]),
      ...(this.#in(3) ? [usage(!this.#in(5))] : []),
      ...(this.#in(6) ? [extendedUsage(...this.#purposes())] : []),
      ...(this.#in(4) ? [nameConstraints(this.#pick(CONSTRAINTS))] : []),
      ...(this.#in(40) ? [STRANGE] : []),
    ];
    const old = this.#in(30);
    return this.#sign({ name: this.#pick(called), issuer, extensions: old ? [] : extensions, version: old ? 1 : 3 });
  }

  #own(issuer: Forged): Forged {
    const extensions = [
      ...(this.#in(10) ? [] : [names(this.#pick(NAMES), ...(this.#in(3) ? [this.#pick(NAMES)] : []))]),
      ...(this.#in(2) ? [extendedUsage(...this.#purposes())] : []),
      ...(this.#in(40) ? [STRANGE] : []),
    ];
    return this.#sign({ name: this.#pick(["", "leaf", "a.test"]), issuer, extensions });
  }

  /** With other dates now and then, and by another key than the issuer's. */
  #sign(wish: Wish): Forged {
    const past = { from: Date.now() - 2 * HOUR_MS, until: Date.now() - HOUR_MS };
    const dates = this.#in(20)
      ? past
      : this.#in(20)
      ? { from: Date.now() + HOUR_MS, until: Date.now() + 2 * HOUR_MS }
      : {};
    const issuer = wish.issuer && this.#in(20) ? { ...wish.issuer, key: this.#pick(KEYS) } : wish.issuer;
    return forge({ key: this.#pick<Key>(KEYS), ...wish, ...dates, issuer });
  }

  #purposes() {
    return this.#pick([["client", "server"], ["client"], ["server"], ["email"]] as const);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)]!;
  }

  /** Returns true once in `times` times. */
  #in(times: number): boolean {
    return this.#random(times) === 0;
  }
}

/** The kit's answer: "" for a chain that it takes. */
function ours({ chain, authority, purpose, name }: Question): string {
  const problem = chainProblem(chain, [parseCertificate(authority)], purpose);
  if (problem !== undefined) return problem;
  return name === "" || isFor(parseCertificate(chain[0]!), name) ? "" : "other names";
}

async function theirs(questions: readonly Question[]): Promise<string[]> {
  const go = new Deno.Command(`${await buildPeers()}/verify`, { stdin: "piped", stdout: "piped" }).spawn();
  const base64 = (bytes: Uint8Array) => bytes.toBase64();
  const text = JSON.stringify(questions.map(({ chain, authority, purpose, name }) => ({
    chain: chain.map(base64),
    authority: base64(authority),
    server: purpose === "server",
    name,
  })));
  const writer = go.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(text)).then(() => writer.close());
  const [{ stdout }] = await Promise.all([go.output(), written]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

needs(PEER_PERMISSIONS, `Go's crypto/x509 and the kit agree on ${CHAINS} chains by chance`, async () => {
  const chance = new Chance(20261129);
  const questions = Array.from({ length: CHAINS }, () => chance.question());
  const answers = await theirs(questions);
  let taken = 0;
  for (const [i, question] of questions.entries()) {
    const [we, they] = [ours(question), answers[i]!];
    assertEquals(
      we === "",
      they === "",
      `chain ${i} (${question.purpose} ${question.name}): "${we}", and Go: "${they}"`,
    );
    if (we === "") taken++;
  }
  // Else the chance would be a bad one.
  assert(taken > CHAINS / 20 && taken < CHAINS / 2, `${taken} were taken`);
});
