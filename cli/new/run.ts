import { basename, dirname, join, resolve } from "node:path";
import { visible } from "../../base/text/visible.ts";
import { generatedFrom } from "../../codegen/marker.ts";
import { readText } from "../files.ts";
import { format } from "../generate/format.ts";
import { leftOver, orphans } from "../generate/orphans.ts";
import { tell } from "../output/terminal.ts";
import { checkAgain, hasServer, newToClient } from "./existing_project.ts";
import { type Idl, loadIdl } from "./idl.ts";
import { writeLock } from "./lock.ts";
import { moduleOf } from "./module_flag.ts";
import { type Files, filesOf, firstFiles } from "./project.ts";
import { type NewOptions, type Plan, remoteHost } from "./settings.ts";
import { isProject } from "../generate/sources_file.ts";
import { staleHandlers, unusedCopies } from "./leftovers.ts";

/**
 * Creates a project, or adds what is new in its .proto to an existing project.
 *
 * @throws {TypeError} If a flag is invalid. The message names it.
 * @throws {Failure} If a file that a flag names does not exist.
 * @throws {ProtoProblem} If a .proto contains a mistake.
 */
export async function run(options: NewOptions): Promise<void> {
  const { name: root, yes = false } = options;
  const plan = planOf(options);
  const again = isProject(root);
  if (again) checkAgain(root, options);
  else checkServerName(plan.serverName, options);
  const idl = loadIdl(options.idl, options.include ?? [], root);
  if (idl.services.every(({ methods }) => methods.length === 0)) {
    throw new TypeError(
      `--idl ${idl.path}: it declares no ${idl.services.length === 0 ? "service" : "method of a service"}`,
    );
  }
  const server = again ? hasServer(root) : plan.type !== "client";
  const files = await filesOf(idl, server);
  const first = again ? new Map<string, string>() : firstFiles(plan, idl);
  if (!again) checkEmpty(root, first, files, yes);
  const notCalled = [...newToClient(root, idl)];
  const written = await write(root, first, files);
  for (const line of [...written, ...notCalled]) console.log(visible(line));
  for (const line of [...unusedCopies(idl), ...staleHandlers(root, idl.services, idl.name)]) {
    tell(join(root, line));
  }
  if (again) {
    for (const path of orphans(join(root, "idl"))) tell(leftOver(path));
    if (written.length === 0) console.log("all is up to date");
    return;
  }
  const noLock = await writeLock(root, remoteHost(plan.module));
  if (noLock !== undefined) {
    tell(`no deno.lock was made, which CI and the image want. Later: deno install -P=test\n${noLock}`);
  }
  sayWhatNext(root, plan, idl);
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
  const [problem, remedy] = options.serverName === undefined
    ? [`NAME ${options.name}: the service would be called ${JSON.stringify(serverName)}`, "; or give --server_name"]
    : [`--server_name is ${JSON.stringify(serverName)}`, ""];
  throw new TypeError(
    `${problem}; use 1 to 128 letters, digits, ".", "_" and "-", the first a letter or digit${remedy}`,
  );
}

/**
 * @throws {TypeError} If the folder of a new project contains files. The message lists what would be written, or what
 * is never overwritten.
 */
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
  const foreign = [...generated.keys()].filter((path) => {
    const text = path.endsWith(".ts") ? readText(join(root, path)) : undefined;
    return text !== undefined && generatedFrom(text) === undefined;
  });
  if (foreign.length > 0) {
    throw new TypeError(
      `NAME ${root}: ${foreign.join(", ")} would be replaced, and Dinokit has not made it; move it first`,
    );
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

/** Writes missing files, and generated files that have changed. Returns a line for each. */
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
    // A test that the user deleted is not written again.
    if (isThere(path)) continue;
    await add(path, text);
    await add(...test);
  }
  for (const [path, text] of files.generated) if (readText(join(root, path)) !== text) put(path, text);
  return lines;
}

function sayWhatNext(root: string, { type, module, registry }: Plan, { services }: Idl): void {
  const methods = services.reduce((sum, service) => sum + service.methods.length, 0);
  const tasks = type === "client" ? ["client"] : type === "server" ? ["test", "serve"] : ["test", "serve", "client"];
  console.log(`\n${services.length} service(s), ${methods} method(s). Next:\n\n  cd ${root}`);
  if (registry === "consul" && type !== "client") console.log("  docker compose up -d consul # or: consul agent -dev");
  for (const task of tasks) console.log(`  deno task ${task}`);
  if (type !== "client") console.log("\nEach method answers UNIMPLEMENTED until its file in handlers/ has your code.");
  if (/^[./]|^file:/.test(module)) {
    console.log(
      `\nIt imports the kit from ${module}: "imports" in deno.json needs a URL before it is built elsewhere; then run deno install -P=test.`,
    );
  }
}
