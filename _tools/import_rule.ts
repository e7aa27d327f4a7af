/**
 * The import rule as a plugin of `deno lint`: who may import whom, and which package is seen where. It sees every
 * import of a file: of values and of types, static and dynamic, and what is exported from elsewhere.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** What all layers of HTTP/2 speak of: frames, error codes, settings, header fields. */
const HTTP2_VOCABULARY = ["transport/http2/protocol", "transport/http2/hpack"];

/** What gRPC uses of HTTP/2: not its readers, nor its sender. */
const HTTP2 = ["transport/http2", "transport/http2/state", ...HTTP2_VOCABULARY];

/**
 * What each part of the library may import, beside itself and Node's built-in modules. Tests beside the source are
 * free.
 */
const MAY: Record<string, readonly string[]> = {
  "deps.ts": [],
  "deno.json": [],
  base: [],
  rpc: ["base"],
  codec: ["base", "rpc", "deps.ts"],
  tls: ["base", "rpc"],
  transport: ["base", "rpc", "tls", "transport/grpc"],
  "transport/grpc": [
    ...["base", "rpc", "tls", "transport"],
    ...["transport/grpc/connection", "transport/grpc/call", "transport/grpc/sockets"],
  ],
  "transport/grpc/connection": [
    ...["base", "rpc", "transport", "transport/grpc/call", "transport/grpc/headers", "transport/grpc/sockets"],
    ...HTTP2,
  ],
  "transport/grpc/call": [
    ...["base", "rpc", "transport", "transport/grpc/headers", "transport/grpc/messages"],
    ...HTTP2,
  ],
  "transport/grpc/headers": ["base", "rpc", "transport", "transport/grpc/messages", ...HTTP2],
  "transport/grpc/messages": ["base", "rpc", "transport", ...HTTP2],
  "transport/grpc/sockets": ["base", "rpc", "tls", "transport", "transport/grpc/messages", ...HTTP2],
  "transport/http2": [
    ...["transport/http2/readers", "transport/http2/sender.ts", "transport/http2/state"],
    ...HTTP2_VOCABULARY,
  ],
  "transport/http2/readers": [
    ...["base", "rpc", "transport/http2/sender.ts", "transport/http2/state"],
    ...HTTP2_VOCABULARY,
  ],
  "transport/http2/sender.ts": ["transport/http2/state", ...HTTP2_VOCABULARY],
  "transport/http2/state": ["base", ...HTTP2_VOCABULARY],
  "transport/http2/protocol": [],
  "transport/http2/hpack": ["base"],
  "transport/grpc_js": ["base", "rpc", "tls", "transport"],
  registry: ["base", "tls", "deps.ts"],
  policy: ["base", "rpc"],
  config: ["base", "rpc", "transport", "policy", "server", "deps.ts"],
  "config/configure.ts": ["base", "rpc", "policy", "registry", "config", "server", "client"],
  codegen: ["base", "codec", "deps.ts"],
  server: ["base", "rpc", "codec", "tls", "transport", "registry", "policy", "proto/grpc"],
  client: [
    ...["base", "rpc", "tls", "transport", "registry", "policy"],
    ...["client/call", "client/instances", "client/balancing"],
  ],
  "client/call": ["base", "rpc", "codec", "transport", "policy", "client/instances"],
  "client/instances": ["base", "rpc", "transport", "registry", "policy", "client/balancing"],
  "client/balancing": ["registry", "policy"],
  "proto/google": ["codec"],
  "proto/grpc": ["codec"],
  errors: ["codec", "proto/google"],
  "mod.ts": [
    ...["base", "rpc", "codec", "transport", "registry", "policy", "server", "config"],
    "config/configure.ts",
    ...["client", "client/call", "client/instances", "client/balancing"],
  ],
  proto: ["mod.ts"],
  cli: ["base", "mod.ts", "deno.json", "cli/commands", "cli/output"],
  "cli/commands": [
    "base",
    "rpc",
    "codec",
    "tls",
    "transport",
    "policy",
    "proto/grpc",
    "registry",
    "mod.ts",
    "cli",
    "cli/new",
    "cli/generate",
    "cli/schema",
    "cli/output",
  ],
  "cli/new": ["base", "codegen", "codec", "cli", "cli/new/template", "cli/output", "cli/generate"],
  "cli/new/template": ["mod.ts"],
  "cli/generate": ["base", "codegen", "cli"],
  "cli/schema": ["base", "codegen", "codec", "transport", "errors", "proto/grpc", "mod.ts", "cli", "cli/output"],
  "cli/output": ["base", "mod.ts"],
  testing: ["base", "mod.ts"],
  examples: ["mod.ts", "proto"],
};

/** What a part may import the types of. */
const TYPES: Record<string, readonly string[]> = { config: ["registry", "client"] };

/** Where a name of deps.ts may be seen: in a folder or in one file. */
const PACKAGES: Record<string, readonly string[]> = {
  protobuf: ["codec/", "codegen/"],
  loadDescriptorProto: ["codec/descriptor/", "codegen/load/known.ts"],
  Consul: ["registry/consul/http.ts"],
  loadConsul: ["registry/consul/http.ts"],
  loadYaml: ["config/"],
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** One import: what is written, whether it leaves nothing at run time, and the names (undefined for all of them). */
interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[] | undefined;
}

/** The part of the library that a file belongs to: the innermost one. */
function partOf(path: string): string | undefined {
  return Object.keys(MAY).filter((part) => path === part || path.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Why `file` may not have this import; undefined if it may. Paths are relative to the root. */
function objection(file: string, { specifier, typeOnly, names }: Import): string | undefined {
  const part = partOf(file);
  if (part === undefined || file.endsWith("deps.ts") || specifier.startsWith("node:")) {
    return undefined;
  }
  if (!/^\.\.?\//.test(specifier)) {
    return `${file} may not import ${specifier}: packages come from deps.ts, everything else by relative path`;
  }
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  const targetPart = partOf(target);
  if (targetPart === undefined) return `${file} may not import ${target}: it is no part of the library`;
  const may = targetPart === part || MAY[part]!.includes(targetPart) || (typeOnly && TYPES[part]?.includes(targetPart));
  if (!may) return `${file} may not import ${target}: ${allowed(part)}`;
  if (targetPart !== "deps.ts") return undefined;
  if (names === undefined) return `${file} may not import all of deps.ts: it names what it uses`;
  const bad = names.find((name) => !PACKAGES[name]?.some((place) => file.startsWith(place)));
  return bad && `${file} may not import ${bad} of deps.ts: only ${PACKAGES[bad]?.join(", ") ?? "nobody"} may see it`;
}

function allowed(part: string): string {
  const parts = [...MAY[part]!, ...(TYPES[part] ?? []).map((source) => `the types of ${source}`)];
  return `${part} may see ${parts.length === 0 ? "only itself" : parts.join(", ")}`;
}

type Specifiers = Deno.lint.ImportDeclaration["specifiers"] | Deno.lint.ExportNamedDeclaration["specifiers"];

/** The names that a statement takes from its module; undefined where it takes all of them. */
function namesOf(specifiers: Specifiers): string[] | undefined {
  const names = specifiers.map((specifier) => {
    const name = specifier.type === "ImportSpecifier"
      ? specifier.imported
      : specifier.type === "ExportSpecifier"
      ? specifier.local
      : undefined;
    return name?.type === "Identifier" ? name.name : undefined;
  });
  return names.includes(undefined) ? undefined : names as string[];
}

/** The plugin. */
const plugin: Deno.lint.Plugin = {
  name: "dinokit",
  rules: {
    imports: {
      create(context) {
        const file = context.filename.replace(ROOT, "");
        if (file.endsWith("_test.ts")) return {};
        const look = (node: Deno.lint.Node, source: unknown, typeOnly: boolean, names?: string[]) => {
          // An import of a computed specifier can't be judged: so it is refused where the rule holds.
          const specifier = typeof source === "string" ? source : "a computed specifier";
          const message = objection(file, { specifier, typeOnly, names });
          if (message) context.report({ node, message });
        };
        return {
          ImportDeclaration(node) {
            const typeOnly = node.importKind === "type" ||
              node.specifiers.length > 0 &&
                node.specifiers.every((specifier) =>
                  specifier.type === "ImportSpecifier" && specifier.importKind === "type"
                );
            look(node, node.source.value, typeOnly, namesOf(node.specifiers));
          },
          ExportNamedDeclaration(node) {
            if (node.source) look(node, node.source.value, node.exportKind === "type", namesOf(node.specifiers));
          },
          ExportAllDeclaration: (node) => look(node, node.source.value, node.exportKind === "type"),
          ImportExpression: (node) => look(node, "value" in node.source ? node.source.value : undefined, false),
          TSImportType: (node) => look(node, typeSource(node.argument), true),
        };
      },
    },
  },
};

/** The specifier of `import("./x.ts").X`. */
function typeSource(argument: Deno.lint.TSImportType["argument"]): unknown {
  return argument.type === "TSLiteralType" && "value" in argument.literal ? argument.literal.value : undefined;
}

export default plugin;
