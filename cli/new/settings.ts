/** What a project is made for: the flags of `dinokit new`, checked. */
export interface Plan {
  readonly type: "server" | "client" | "both";
  readonly registry: "consul" | undefined;
  /** The service's name in the registry. */
  readonly serverName: string;
  /** The kit, as the project's deno.json names it. */
  readonly module: string;
  /** A folder that `deno task gen` reads beside the project. */
  readonly templates?: string;
}

const PORTS = ["127.0.0.1:8888", "127.0.0.1:8889"];
/** All interfaces: the second two are for systems without IPv6. */
const ANYWHERE = ["[::]:8888", "[::]:8889", "0.0.0.0:8888", "0.0.0.0:8889"];
const CONSUL = "127.0.0.1:8500";

/** The text of deno.json, not formatted. `idl` is the main .proto's path in idl/. */
export function denoJson({ type, registry, module, templates }: Plan, idl: string): string {
  const [server, client] = [type !== "client", type !== "server"];
  const host = remoteHost(module);
  const common = host === undefined ? {} : { import: [host] };
  const consul = registry === "consul" ? [CONSUL] : [];
  const settings = { read: ["conf"], env: ["DENO_ENV", "GO_ENV", "DINOKIT_*"], ...common };
  // Written anew, and always the same: the project's own rules are not for it.
  const generated = ["idl/**/*.ts", ...server ? ["handlers/mod.ts"] : []];
  // deno task reads it as a shell does.
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
          // For the address to register.
          ...registry === "consul" && { sys: ["networkInterfaces"] },
        },
      },
      ...client && { client: { net: [PORTS[0], ...consul], ...settings } },
      test: common,
      gen: {
        read: [".", ...templates === undefined ? [] : [templates]],
        write: ["idl", "handlers"],
        run: ["deno"],
        ...common,
      },
    },
    imports: {
      dinokit: module,
      "dinokit/testing": entry(module, "testing", "testing/mod.ts"),
      "dinokit/cli": entry(module, "cli", "cli/main.ts"),
    },
    // Their scripts are of no use here: without this line Deno warns of them.
    allowScripts: { deny: ["npm:protobufjs"] },
    fmt: { lineWidth: 120, exclude: generated },
    lint: { exclude: generated },
  });
}

/** Another entry of the package that a module belongs to. */
const entry = (module: string, name: string, path: string) =>
  /\/mod\.ts$/.test(module) ? module.replace(/mod\.ts$/, path) : `${module}/${name}`;

/** The host of a module that Deno imports only where it is told that it may. */
function remoteHost(module: string): string | undefined {
  const url = URL.parse(module);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.port || url.protocol === "https:" ? url.host : `${url.host}:80`;
}

/** A file of the template with the project's own name, and the registry that it has. */
export function named(template: string, { registry, serverName, type }: Plan): string {
  // What YAML would read as a number or a boolean stands in quotes.
  const yaml = /^(?!(?:true|false|null|yes|no|on|off|[yn])$)[a-z][\w-]*$/i.test(serverName)
    ? serverName
    : JSON.stringify(serverName);
  const text = template
    .replace("service: echoservice", `service: ${yaml}`)
    .replace(
      "name: echoservice",
      `name: ${serverName.toLowerCase().replace(/[^a-z0-9_-]/g, "-").replace(/^[_-]+/, "")}`,
    )
    .replace(/(# .*)echoservice$/m, (_, before) => before + serverName);
  if (!text.includes("registry_address")) return text;
  const registered = registry === "consul"
    ? text
    : text.replace(/registry_address: \[(.*)\]/, "registry_address: [] # [$1]: Consul is there");
  return type === "client" ? registered.replace(/\ndinokit:[^]*/, "") : registered;
}
