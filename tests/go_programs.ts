import { fileURLToPath } from "node:url";
import { cached } from "./cache.ts";

/** A Go module of ours and what is built of it. */
export interface GoModule {
  /** The folder of its go.mod. */
  readonly folder: URL;
  /** Packages as `go build` takes them. `"tool"` is all that go.mod lists as tools: programs of other people. */
  readonly packages: readonly string[];
}

/** Building from nothing compiles hundreds of packages on two cores. */
const LIMIT_MS = 14 * 60_000;

const building = new Map<GoModule, Promise<string>>();

/**
 * Builds the programs of a module, unless the cache has them built from the same source.
 *
 * @returns The folder of the programs.
 * @throws {Error} If there is no Go, or it can't build them.
 */
export function buildGo(module: GoModule): Promise<string> {
  let folder = building.get(module);
  if (folder === undefined) building.set(module, folder = build(module));
  return folder;
}

async function build({ folder, packages }: GoModule): Promise<string> {
  return await cached("go", await inputOf(folder, packages), async (draft) => {
    console.error(`building the programs of ${fileURLToPath(folder)}: some minutes, once`);
    await go(["build", "-buildvcs=false", "-o", `${draft}/`, ...packages], folder);
  });
}

async function go(args: string[], folder: URL): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("go", { args, cwd: folder, stdin: "null", signal }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      "these tests need Go 1.26 or newer: install it (https://go.dev/doc/install) and put its bin folder on PATH",
    );
  }
  if (output.success) return;
  const why = signal.aborted ? `it took over ${LIMIT_MS / 60_000} minutes` : new TextDecoder().decode(output.stderr);
  throw new Error(
    `go ${args.join(" ")} failed in ${
      fileURLToPath(folder)
    }: ${why}\n  Try it there by hand; it must reach its module proxy (go env GOPROXY)`,
  );
}

/** All that goes into the programs. */
async function inputOf(folder: URL, packages: readonly string[]): Promise<string> {
  const files = (await sources(folder)).sort();
  const parts = await Promise.all(
    files.map(async (file) => `${file}\n${await Deno.readTextFile(new URL(file, folder))}`),
  );
  return [...packages, Deno.build.target, ...parts].join("\n");
}

async function sources(folder: URL, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await sources(new URL(`${name}/`, folder), `${prefix}${name}/`));
    else if (/\.go$|^go\.(mod|sum)$/.test(name)) found.push(prefix + name);
  }
  return found;
}
