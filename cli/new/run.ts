import { basename, dirname, join, resolve } from "node:path";
import { format } from "../format.ts";
import { checkAgain, newToClient } from "./again.ts";
import { checkPaths } from "./handlers.ts";
import { type Idl, loadIdl, readText, SOURCES } from "./idl.ts";
import { linkedTemplates, moduleOf } from "./module.ts";
import { type Files, filesOf, firstFiles } from "./project.ts";
import type { Plan } from "./settings.ts";
import { staleHandlers } from "./stale.ts";

/** What {@linkcode run} takes: the flags of the command. */
export interface NewOptions {
  /** The project's folder. */
  name: string;
  /** The main .proto. */
  idl: string;
  /** Where imports are looked for. @default {[]} */
  include?: readonly string[];
  /** The service's name in the registry. @default the folder's */
  serverName?: string;
  /** What is made. @default {"both"} */
  type?: string;
  /** Where it registers. @default nowhere */
  registry?: string;
  /** The kit, as the project's deno.json names it. @default the copy that this command belongs to */
  module?: string;
  /** Whether to write into a folder that has files. @default {false} */
  yes?: boolean;
}

/**
 * Makes a project, or adds to it what is new in its .proto.
 *
 * @throws {TypeError} If a flag is wrong; the message names it.
 * @throws {ProtoProblem} If a .proto has a mistake.
 */
export async function run(options: NewOptions): Promise<void> {
  const { name: root, yes = false } = options;
  const plan = planOf(options);
  const again = readText(join(root, SOURCES)) !== undefined;
  if (again) checkAgain(root, options);
  else checkServerName(plan.serverName, options);
  const idl = loadIdl(options.idl, options.include ?? [], root);
  if (idl.services.length === 0) throw new TypeError(`--idl ${idl.path}: it declares no service`);
  checkPaths(idl);
  const server = again ? readText(join(root, "handlers/mod.ts")) !== undefined : plan.type !== "client";
  const files = await filesOf(idl, server);
  const first = again
    ? new Map<string, string>()
    : firstFiles({ ...plan, templates: linkedTemplates(plan.module, root) }, idl);
  if (!again) checkEmpty(root, first, files, yes);
  const notCalled = [...newToClient(root, idl)];
  for (const line of await write(root, first, files)) console.log(line);
  for (const line of notCalled) console.log(line);
  for (const line of staleHandlers(root, idl.services, idl.name)) console.error(join(root, line));
  if (!again) sayWhatNext(root, plan, idl);
}

function planOf({ name, serverName = basename(resolve(name)), type = "both", registry, module }: NewOptions): Plan {
  if (name === "") throw new TypeError("NAME is empty; give the project's folder, for example: dinokit new hello");
  if (type !== "server" && type !== "client" && type !== "both") {
    const hint = /^(rpc|http)$/i.test(type) ? " (cwgo's --type has no meaning here: all is RPC)" : "";
    throw new TypeError(`--type is ${type}; use server, client or both${hint}`);
  }
  if (registry !== undefined && registry !== "consul") {
    throw new TypeError(`--registry is ${registry}; use consul, or leave it out`);
  }
  return { type, registry, serverName, module: moduleOf(module, name) };
}

function checkServerName(serverName: string, options: NewOptions): void {
  if (/^[a-z0-9][\w.-]{0,127}$/i.test(serverName)) return;
  const [what, remedy] = options.serverName === undefined
    ? [`NAME ${options.name}: the service would be called ${JSON.stringify(serverName)}`, "; or give --server_name"]
    : [`--server_name is ${JSON.stringify(serverName)}`, ""];
  throw new TypeError(
    `${what}; use 1 to 128 letters, digits, ".", "_" and "-", the first a letter or digit${remedy}`,
  );
}

/** @throws {TypeError} If there are files where a new project would be; the message says what would be written. */
function checkEmpty(
  root: string,
  first: ReadonlyMap<string, string>,
  { generated, handlers }: Files,
  yes: boolean,
): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(root)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory) throw new TypeError(`NAME ${root}: a file has this name`);
    throw error;
  }
  if (entries.length === 0 || yes) return;
  const ours = [...generated.keys()].map((path) => [path, "is there: would be replaced"]);
  const users = [...first.keys(), ...handlers.flatMap(({ path, test }) => [path, test[0]])]
    .map((path) => [path, "is there: would stay"]);
  const lines = [...ours, ...users].sort().map(([path, note]) =>
    readText(join(root, path!)) === undefined ? path : `${path} (${note})`
  );
  throw new TypeError(
    `NAME ${root}: the folder has files and is no project of Dinokit. Nothing was written; with --yes it would be:\n  ${
      lines.join("\n  ")
    }`,
  );
}

/** Writes what is missing, and of the generated files what has changed; gives a line for each. */
async function write(root: string, first: ReadonlyMap<string, string>, files: Files): Promise<string[]> {
  const lines: string[] = [];
  const put = (path: string, text: string) => {
    Deno.mkdirSync(dirname(join(root, path)), { recursive: true });
    Deno.writeTextFileSync(join(root, path), text);
    lines.push(`wrote ${join(root, path)}`);
  };
  const isThere = (path: string) => readText(join(root, path)) !== undefined;
  const add = async (path: string, text: string) => {
    const ext = /\.(ts|json|md|ya?ml)$/.exec(path)?.[1];
    if (isThere(path)) lines.push(`kept ${join(root, path)}`);
    else put(path, ext === undefined ? text : await format(text, ext));
  };
  for (const [path, text] of first) await add(path, text);
  for (const { path, text, test } of files.handlers) {
    // Who has deleted a test does not want it back.
    if (isThere(path)) continue;
    await add(path, text);
    await add(...test);
  }
  for (const [path, text] of files.generated) if (readText(join(root, path)) !== text) put(path, text);
  return lines;
}

function sayWhatNext(root: string, { type, module }: Plan, { services }: Idl): void {
  const methods = services.reduce((sum, service) => sum + service.methods.length, 0);
  const tasks = type === "client" ? ["client"] : type === "server" ? ["test", "serve"] : ["test", "serve", "client"];
  console.log(`\n${services.length} service(s), ${methods} method(s). Next:\n\n  cd ${root}`);
  for (const task of tasks) console.log(`  deno task ${task}`);
  if (/^[./]|^file:/.test(module)) {
    console.log(
      `\nIt imports the kit from ${module}: "imports" in deno.json needs a URL before it is built elsewhere.`,
    );
  }
}
