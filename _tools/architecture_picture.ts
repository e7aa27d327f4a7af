/**
 * Draws which part imports which into docs/architecture.md, from what Deno sees in the code:
 * `deno run -A _tools/architecture_picture.ts`
 *
 * @module
 */

const ROOT = new URL("..", import.meta.url);

/** The page that holds the picture. */
export const PAGE: URL = new URL("docs/architecture.md", ROOT);

/** What the picture shows, the innermost folder first. */
const PARTS = [
  "transport/http2",
  "transport/grpc_js",
  "transport/grpc",
  "transport/memory",
  ..."transport tls base rpc codec registry policy config codegen server client cli testing mod.ts".split(" "),
];

const ENTRIES = ["mod.ts", "cli/main.ts", "testing/mod.ts", "transport/grpc_js/mod.ts"];

/**
 * What `deno info --json` tells of a module: `code` is an import that is there at run time, `isDynamic` an import().
 */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { code?: { specifier?: string }; isDynamic?: boolean }[];
}

type Edge = readonly [from: string, to: string];

async function modulesOf(entry: string): Promise<Module[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry], cwd: ROOT }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function partOf(specifier: string): string | undefined {
  const path = specifier.startsWith(ROOT.href) ? specifier.slice(ROOT.href.length) : "";
  return PARTS.find((part) => path === part || path.startsWith(`${part}/`));
}

/** Each edge once, for imports that are static, or those that are not. */
function edgesOf(modules: readonly Module[], dynamic: boolean): Edge[] {
  const edges = new Map<string, Edge>();
  for (const { specifier, dependencies = [] } of modules) {
    for (const { code, isDynamic = false } of dependencies) {
      const [from, to] = [partOf(specifier), partOf(code?.specifier ?? "")];
      if (from && to && from !== to && isDynamic === dynamic) edges.set(`${from} ${to}`, [from, to]);
    }
  }
  return [...edges].sort().map(([, edge]) => edge);
}

/** Without `a --> c` where `a --> b --> c`. Imports of parts make no circle, or this would not end. */
function reduced(edges: readonly Edge[]): Edge[] {
  const reaches = (from: string, to: string): boolean =>
    edges.some(([a, b]) => a === from && (b === to || reaches(b, to)));
  return edges.filter(([a, c]) => !edges.some(([from, b]) => from === a && b !== c && reaches(b, c)));
}

/** The page with the picture as the code is. */
export async function withPicture(page: string): Promise<string> {
  const lists = await Promise.all(ENTRIES.map(modulesOf));
  const modules = [...new Map(lists.flat().map((module) => [module.specifier, module])).values()];
  const id = (part: string) => part.replaceAll(/\W/g, "_");
  const lines = [
    "graph TD",
    ...PARTS.toSorted().map((part) => `  ${id(part)}["${part}"]`),
    ...reduced(edgesOf(modules, false)).map(([from, to]) => `  ${id(from)} --> ${id(to)}`),
    ...edgesOf(modules, true).map(([from, to]) => `  ${id(from)} -.-> ${id(to)}`),
  ];
  return page.replace(
    /(<!-- picture -->\n\n```mermaid\n)[^]*?(```)/,
    (_, head, tail) => `${head}${lines.join("\n")}\n${tail}`,
  );
}

if (import.meta.main) await Deno.writeTextFile(PAGE, await withPicture(await Deno.readTextFile(PAGE)));
