/**
 * Programs in Python, with packages of pinned versions.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { needs } from "../../needs.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "env" },
  { name: "read" },
  { name: "write" },
];

/** Registers a test that needs Python. Where it is missing, the test is shown as ignored, and its name says why. */
export function needsPython(name: string, fn: () => Promise<void>): void {
  if (hasPython() === false) {
    Deno.test({ name: `${name} (ignored: needs Python 3.10 with its venv module)`, ignore: true, fn });
  } else needs(PERMISSIONS, name, fn);
}

/** Undefined if Deno may not look. */
function hasPython(): boolean | undefined {
  if (Deno.permissions.querySync({ name: "run", command: "python3" }).state !== "granted") return undefined;
  const probe = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
  try {
    return new Deno.Command("python3", { args: ["-c", probe], stdin: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const HERE = fileURLToPath(new URL(".", import.meta.url));

/**
 * Runs a program of this folder.
 *
 * @param input What it reads.
 * @returns What it prints.
 * @throws {Error} If it fails or takes more than a minute; the message has what it says.
 */
export async function runPython(program: string, args: readonly string[], input = ""): Promise<string> {
  return await run(`${await environment()}/bin/python`, [HERE + program, ...args], 60_000, input);
}

let ready: Promise<string> | undefined;

/**
 * The folder of a virtual environment with the packages of requirements.txt, made in the cache when it is first wanted.
 */
function environment(): Promise<string> {
  return ready ??= prepare();
}

async function prepare(): Promise<string> {
  const requirements = await Deno.readTextFile(`${HERE}requirements.txt`);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(requirements + Deno.build.target));
  const home = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`;
  const folder = `${home}/dinokit/python-${new Uint8Array(digest).toHex().slice(0, 16)}`;
  // Its last file: without it, somebody was interrupted while making it.
  const mark = `${folder}/ready`;
  if (await Deno.stat(mark).then(() => true, () => false)) return folder;
  await run("python3", ["-m", "venv", "--clear", folder], 60_000);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", `${HERE}requirements.txt`];
  await run(`${folder}/bin/python`, pip, 300_000);
  await Deno.writeTextFile(mark, "");
  return folder;
}

async function run(program: string, args: readonly string[], timeout: number, input = ""): Promise<string> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(timeout),
  });
  const child = command.spawn();
  const output = child.output();
  // A program that ends early does not read: what it says is in its output.
  await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stdout, stderr } = await output;
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr).slice(0, 4000)}`);
  }
  return new TextDecoder().decode(stdout);
}
