/** The flags of `dinokit new`. */
export interface NewOptions {
  /** The project's folder. */
  name: string;
  /** The main .proto. */
  idl: string;
  /**
   * The folders to search for imports.
   * @default {[]}
   */
  include?: readonly string[];
  /**
   * The service's name in the registry.
   * @default {the folder's name}
   */
  serverName?: string;
  /**
   * What to create: `"server"`, `"client"` or `"both"`.
   * @default {"both"}
   */
  type?: string;
  /**
   * The registry to use.
   * @default {none}
   */
  registry?: string;
  /**
   * The kit's specifier in the project's deno.json.
   * @default {the copy that this command belongs to}
   */
  module?: string;
  /**
   * Whether to write into a folder that has files.
   * @default {false}
   */
  yes?: boolean;
}

/** The checked flags of `dinokit new`. */
export interface Plan {
  readonly type: "server" | "client" | "both";
  readonly registry: "consul" | undefined;
  /** The service's name in the registry. */
  readonly serverName: string;
  /** The kit's specifier in the project's deno.json. */
  readonly module: string;
}

const PORTS = ["127.0.0.1:8888", "127.0.0.1:8889"];
/** The addresses of all interfaces. The last two are for systems without IPv6. */
const ANYWHERE = ["[::]:8888", "[::]:8889", "0.0.0.0:8888", "0.0.0.0:8889"];
const CONSUL = "127.0.0.1:8500";

/** Returns the text of deno.json, unformatted. `idl` is the path of the main .proto in idl/. */
export function denoJson({ type, registry, module }: Plan, idl: string): string {
  const [server, client] = [type !== "client", type !== "server"];
  const host = remoteHost(module);
  const common = host === undefined ? {} : { import: [host] };
  const consul = registry === "consul" ? [CONSUL] : [];
  const settings = { read: ["conf"], env: ["DENO_ENV", "GO_ENV", "DINOKIT_*"], ...common };
  // Excluded from the project's own rules, because these files are generated.
  const generated = ["idl/**/*.ts", ...server ? ["handlers/mod.ts"] : []];
  // Quoted for `deno task`, which parses commands like a shell.
  const main = /[^\w./-]/.test(idl) ? `'idl/${idl.replaceAll("'", `'"'"'`)}'` : `idl/${idl}`;
  const task = (description: string, command: string) => ({ description, command });
  return JSON.stringify({
    tasks: {
      ...server && { serve: task("The server, with the settings of conf/", "deno run -P=serve main.ts") },
      ...client && { client: task("Calls each method once", "deno run -P=client client.ts") },
      test: task("The tests", `deno test -P=test${server ? "" : " --permit-no-files"}`),
      check: task("The types", `deno check${host === undefined ? "" : ` --allow-import=${host}`}`),
      gen: task(
        "After a change in idl/: the TypeScript, and what is new. It runs deno fmt: who may run deno may do anything",
        `deno run -P=gen dinokit/cli new . --idl ${main} -I idl`,
      ),
      fmt: task("Formats all files", "deno fmt"),
    },
    permissions: {
      ...server && {
        serve: { net: [...PORTS, ...consul], ...settings },
        online: {
          net: [...ANYWHERE, ...registry === "consul" ? ["consul:8500"] : []],
          ...settings,
          // Needed to find the address to register.
          ...registry === "consul" && { sys: ["networkInterfaces"] },
        },
      },
      ...client && { client: { net: [PORTS[0], ...consul], ...settings } },
      test: common,
      gen: {
        read: ["."],
        write: ["idl", "handlers"],
        run: ["deno"],
        ...common,
      },
    },
    imports: {
      dinokit: module,
      "dinokit/errors": entry(module, "errors", "errors/mod.ts"),
      "dinokit/testing": entry(module, "testing", "testing/mod.ts"),
      "dinokit/cli": entry(module, "cli", "cli/main.ts"),
    },
    // Without this line, Deno warns about the packages' install scripts, which are not needed.
    allowScripts: { deny: ["npm:protobufjs"] },
    fmt: { lineWidth: 120, exclude: generated },
    lint: { exclude: generated },
  });
}

/** Returns the specifier of another entry of the package that contains a module. */
const entry = (module: string, name: string, path: string) =>
  /\/mod\.ts$/.test(module) ? module.replace(/mod\.ts$/, path) : `${module}/${name}`;

/** Returns the host of a module that Deno imports only with permission. */
export function remoteHost(module: string): string | undefined {
  const url = URL.parse(module);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.port || url.protocol === "https:" ? url.host : `${url.host}:80`;
}

/** What `named` replaces by the project's name, in conf.yaml, compose.yaml and README.md of the template. */
const TEMPLATE_NAME = /(?:service|name): echoservice$|# .*echoservice$/m;
const TEMPLATE_REGISTRY = /registry_address: \[(.*)\]/;

/**
 * Returns a file of the template with the project's name and registry.
 *
 * @throws {Error} If the template lacks the text to replace.
 */
export function named(template: string, { registry, serverName, type }: Plan): string {
  // Quotes a name that YAML would read as a number or a boolean.
  const yaml = /^(?!(?:true|false|null|yes|no|on|off|[yn])$)[a-z][\w-]*$/i.test(serverName)
    ? serverName
    : JSON.stringify(serverName);
  if (!TEMPLATE_NAME.test(template)) throw new Error(`a file of the template lacks ${TEMPLATE_NAME}`);
  const text = template
    .replace("service: echoservice", `service: ${yaml}`)
    .replace(
      "name: echoservice",
      `name: ${serverName.toLowerCase().replace(/[^a-z0-9_-]/g, "-").replace(/^[_-]+/, "")}`,
    )
    .replace(/(# .*)echoservice$/m, (_, before) => before + serverName);
  if (!/^registry:/m.test(text)) return text;
  if (!TEMPLATE_REGISTRY.test(text)) throw new Error(`a conf.yaml of the template lacks ${TEMPLATE_REGISTRY}`);
  const registered = registry === "consul"
    ? text
    : text.replace(TEMPLATE_REGISTRY, "registry_address: [] # [$1]: Consul is there");
  return type === "client" ? registered.replace(/\ndinokit:[^]*/, "") : registered;
}
