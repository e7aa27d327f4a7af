/**
 * What a Dockerfile does to files, done without a container: its commands run on this machine, in a folder that stands
 * for WORKDIR. Users, ports and the base image are left out: `interop/new_image_test.ts` has them.
 *
 * @module
 */

import { matchesGlob } from "node:path";
import { runProgram } from "./program.ts";

/** What is left of a Dockerfile that has been carried out. */
export interface Built {
  /** The variables that it sets. */
  readonly env: Readonly<Record<string, string>>;
  /** The arguments of CMD. */
  readonly cmd: readonly string[];
  /** The command of HEALTHCHECK. */
  readonly health: readonly string[];
}

/**
 * Carries it out. COPY knows files of the context and a folder to put them in, RUN the shell's form, CMD and
 * HEALTHCHECK JSON.
 *
 * @param context The folder of the Dockerfile.
 * @param workdir An empty folder.
 * @param env Variables for RUN.
 * @throws {Error} If a command fails or an instruction is not known here; the message holds the line.
 */
export async function carryOut(context: string, workdir: string, env: Record<string, string>): Promise<Built> {
  const built = { env: {} as Record<string, string>, cmd: [] as string[], health: [] as string[] };
  const files = filesOf(context);
  for (const line of instructions(Deno.readTextFileSync(`${context}/Dockerfile`))) {
    const [, name, rest] = /^(\w+)\s+([^]*)$/.exec(line) ?? [];
    if (name === "COPY") copy(context, workdir, files, rest!.split(/\s+/).slice(0, -1));
    else if (name === "RUN") {
      const { code, stderr } = await runProgram({ path: "sh", args: ["-c", rest!], cwd: workdir, env }, 120_000);
      if (code !== 0) throw new Error(`${line}: exit code ${code}\n${stderr}`);
    } else if (name === "ENV") {
      const [key, value] = rest!.split("=");
      built.env[key!] = value!;
    } else if (name === "CMD") built.cmd = JSON.parse(rest!);
    else if (name === "HEALTHCHECK") built.health = JSON.parse(rest!.slice(rest!.indexOf("CMD") + 3));
    else if (!/^(FROM|WORKDIR|USER|EXPOSE)$/.test(name ?? "")) throw new Error(`not known here: ${line}`);
  }
  return built;
}

/** The instructions of a Dockerfile, one a line. */
const instructions = (text: string) =>
  text.replaceAll(/^#.*\n/gm, "").replaceAll("\\\n", "").split("\n").filter((line) => line !== "");

/** What .dockerignore leaves of a context: what it names is left out with all that is in it. */
function filesOf(context: string): string[] {
  const patterns = instructions(Deno.readTextFileSync(`${context}/.dockerignore`));
  const found: string[] = [];
  const walk = (prefix: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${context}/${prefix}`)) {
      const path = prefix + name;
      if (patterns.some((pattern) => matchesGlob(path, pattern))) continue;
      if (isDirectory) walk(`${path}/`);
      else found.push(path);
    }
  };
  walk("");
  return found.sort();
}

function copy(context: string, workdir: string, files: readonly string[], sources: readonly string[]): void {
  const wanted = files.filter((path) => sources.some((source) => source === "." || matchesGlob(path, source)));
  if (wanted.length === 0) throw new Error(`COPY ${sources.join(" ")}: there is none of it`);
  for (const path of wanted) {
    Deno.mkdirSync(`${workdir}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.copyFileSync(`${context}/${path}`, `${workdir}/${path}`);
  }
}
