import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import denoJson from "../deno.json" with { type: "json" };
import { needs } from "./needs.ts";
import { runProgram } from "./program.ts";

/** The npm packages that each entry downloads, and why. What an entry does not need belongs to another entry. */
const PACKAGES: Record<string, Record<string, string>> = {
  ".": {
    protobufjs: "messages to bytes and back, descriptors",
    long: "of protobufjs: 64-bit integers",
    consul: "the registry of the tutorial; it is loaded by the first call of consul()",
    papi: "of consul: its HTTP requests",
    uuid: "of papi",
    yaml: "conf.yaml with the lines of its mistakes; it is loaded with the first file",
  },
  "./cli": { commander: "arguments and help" },
  "./testing": {
    "@sinonjs/fake-timers": "fakeClock(): Deno below 2.9 has no mock.timers",
    "@sinonjs/commons": "of @sinonjs/fake-timers",
    "type-detect": "of @sinonjs/commons",
  },
};
/** The entry that brings a tree of packages: only its root is named. */
const TREES: Record<string, string> = { "./grpc_js": "@grpc/grpc-js" };

interface Info {
  readonly modules: readonly { readonly kind: string; readonly npmPackage?: string }[];
  readonly npmPackages: Record<string, { readonly name: string; readonly dependencies: readonly string[] }>;
}

/** Returns the packages that the modules of an entry import by themselves, and all packages that these bring. */
async function packagesOf(path: string): Promise<{ direct: Set<string>; all: Set<string> }> {
  const url = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const { stdout, stderr } = await runProgram({ path: Deno.execPath(), args: ["info", "--json", url] });
  if (stdout === "") throw new Error(stderr);
  const { modules, npmPackages }: Info = JSON.parse(stdout);
  // `npmPackages` lists all that deno.lock has, so it is followed from the modules on.
  const roots = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  const found = new Set(roots);
  for (const id of found) npmPackages[id]!.dependencies.forEach((id) => found.add(id));
  const names = (ids: Iterable<string>) => new Set([...ids].map((id) => npmPackages[id]!.name));
  return { direct: names(roots), all: names(found) };
}

needs(
  [{ name: "read" }, { name: "run" }],
  "each entry downloads the packages that it needs, and no others",
  async () => {
    const sorted = (names: Iterable<string>) => [...names].sort();
    for (const [entry, path] of Object.entries(denoJson.exports)) {
      const { direct, all } = await packagesOf(path);
      const tree = TREES[entry];
      if (tree !== undefined) assertEquals(sorted(direct), [tree], entry);
      else assertEquals(sorted(all), sorted(Object.keys({ ...PACKAGES["."], ...PACKAGES[entry] })), entry);
    }
  },
);
