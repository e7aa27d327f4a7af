/**
 * The cache folder outside the repository, in which the peers are installed and built.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Certificate } from "./peers/peer.ts";
import { has, type Program, run } from "./process.ts";

const BASE = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;

/** The path of the cache folder. */
export const CACHE = `${BASE}/dinokit/bench`;

/** The path of the bench's sources. */
export const SOURCE = fileURLToPath(new URL(".", import.meta.url));

/** The timeout of an install or a build, in seconds. The first build of tonic takes two minutes on a small machine. */
const MAX_BUILD_S = 900;

/**
 * Runs an installer or a compiler.
 *
 * @param install What to install if the command is missing.
 */
export async function build(program: Program, install: string): Promise<void> {
  if (!await has(program.command)) throw new Error(`there is no ${program.command} on PATH: install ${install}`);
  await run(program, MAX_BUILD_S);
}

/** Copies a folder of the bench to the cache, recursively. Unchanged files are not touched. */
export async function copySources(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copySources(`${from}/${name}`, `${to}/${name}`);
    else await copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Copies a file if it has changed, because cargo rebuilds files that are newer than its output. */
export async function copyFile(from: string, to: string): Promise<boolean> {
  const text = await Deno.readTextFile(from);
  if (await Deno.readTextFile(to).catch(() => undefined) === text) return false;
  await Deno.writeTextFile(to, text);
  return true;
}

/** Creates a certificate for 127.0.0.1. */
export async function makeCertificate(): Promise<Certificate> {
  const [cert, key] = [`${CACHE}/cert.pem`, `${CACHE}/key.pem`];
  await Deno.mkdir(CACHE, { recursive: true });
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await build({ command: "openssl", args: ["req", ...kind, ...name, "-out", cert, "-keyout", key] }, "openssl");
  return { cert, key };
}
