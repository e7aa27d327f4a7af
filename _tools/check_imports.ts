/**
 * The import rule: who may import whom, and which package is seen where. `deno run -A _tools/check_imports.ts [ROOT]`
 *
 * @module
 */

/** What each folder may import, beside itself. */
const MAY: Record<string, readonly string[]> = {
  rpc: [],
  codec: ["rpc", "deps.ts"],
  codegen: ["codec", "deps.ts"],
  transport: ["rpc", "codec", "deps.ts"],
  registry: ["rpc", "deps.ts"],
  config: ["rpc", "deps.ts", "transport"],
  server: ["rpc", "codec", "transport", "registry", "proto/grpc"],
  client: ["rpc", "codec", "transport", "registry"],
  "proto/grpc": ["codec"],
  "mod.ts": ["rpc", "codec", "transport", "registry", "server", "client", "config"],
  cli: ["codegen", "codec", "mod.ts"],
  "deps.ts": [],
};

/** Which names of deps.ts a part may import. */
const PACKAGES: Record<string, readonly string[]> = {
  codec: ["protobuf"],
  codegen: ["protobuf"],
  "transport/grpc_js": ["grpc", "loadGrpcJs"],
  registry: ["Consul", "loadConsul"],
  config: ["loadYaml"],
};

/** One import that breaks the rule. */
export interface Violation {
  file: string;
  line: number;
  text: string;
}

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?([\w*\s{},$]*?)\s*from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|^import\s+["']([^"']+)["']/gm;

/** The part that a file of the project belongs to. */
const partOf = (path: string) => Object.keys(MAY).find((part) => path === part || path.startsWith(`${part}/`));

/**
 * The violations of one file.
 *
 * @param file Its path from the root, such as `"server/server.ts"`.
 * @param source Its text.
 */
export function violations(file: string, source: string): Violation[] {
  const part = partOf(file);
  if (part === undefined || part === "deps.ts") return [];
  const code = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
  const found: Violation[] = [];
  for (const match of code.matchAll(IMPORT)) {
    const specifier = match[2] ?? match[3] ?? match[4]!;
    const text = judge(file, part, specifier, match[1] ?? "");
    if (text) found.push({ file, line: code.slice(0, match.index).split("\n").length, text });
  }
  return found;
}

function judge(file: string, part: string, specifier: string, names: string): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) return `${specifier}: packages are imported through deps.ts, by relative path`;
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  const other = partOf(target);
  if (other === undefined) return `${target} is no part of the library`;
  if (other !== part && !MAY[part]!.includes(other)) return `${part} may not import ${other} (${target})`;
  if (other !== "deps.ts") return undefined;
  const allowed = Object.entries(PACKAGES).find(([owner]) => file.startsWith(`${owner}/`))?.[1] ?? [];
  const bad = names.replace(/[{}]/g, "").split(",").map((name) => name.replace(/^\s*type\s+/, "").trim())
    .filter((name) => name !== "" && !allowed.includes(name));
  return bad.length === 0 ? undefined : `${part} may not see ${bad.join(", ")} of deps.ts`;
}

function* sources(folder: string, prefix = ""): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = prefix + entry.name;
    if (entry.isDirectory && !entry.name.startsWith(".")) yield* sources(`${folder}/${entry.name}`, `${path}/`);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts")) yield path;
  }
}

if (import.meta.main) {
  const root = Deno.args[0] ?? new URL("..", import.meta.url).pathname;
  const consulFiles: string[] = [];
  const all = [...sources(root)].flatMap((file) => {
    const source = Deno.readTextFileSync(`${root}/${file}`);
    if (file.startsWith("registry/") && source.includes("loadConsul")) consulFiles.push(file);
    const lines = source.split("\n").length;
    if (partOf(file) && lines > 250 && !file.startsWith("proto/")) console.log(`note: ${file} has ${lines} lines`);
    return violations(file, source);
  });
  if (consulFiles.length > 1) all.push({ file: consulFiles[1]!, line: 1, text: "one file only may see npm:consul" });
  for (const { file, line, text } of all) console.error(`${file}:${line}: ${text}`);
  if (all.length > 0) Deno.exit(1);
}
