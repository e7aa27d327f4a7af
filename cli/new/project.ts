import { format } from "../generate/format.ts";
import { clientFile, methodFile, placed, registration } from "./handlers.ts";
import { type Idl, idlFiles } from "./idl.ts";
import { HandlerPaths } from "./handler_paths.ts";
import { denoJson, named, type Plan } from "./settings.ts";
import { COMMON, CONF, CONTAINER, MAIN, README } from "./templates.ts";

/** The files to generate again when the .proto changes. */
export interface Files {
  /** Generated files by path. They are written whenever their content differs. */
  readonly generated: ReadonlyMap<string, string>;
  /** The initial handler of each method. The user owns it; it is written only if it does not exist. */
  readonly handlers: readonly {
    readonly path: string;
    readonly text: string;
    readonly test: [path: string, text: string];
  }[];
}

/** Returns the files that follow from the .proto. A project without a server has fewer. */
export async function filesOf(idl: Idl, server: boolean): Promise<Files> {
  const generated = await idlFiles(idl);
  if (!server) return { generated, handlers: [] };
  const places = new HandlerPaths(idl.services);
  generated.set("handlers/mod.ts", await format(registration(idl.services, idl.name, places)));
  const handlers = idl.services.flatMap((service) =>
    service.methods.map((method) => {
      const path = `handlers/${places.folderOf(service)}/${places.fileOf(method)}`;
      const [text, test] = (["handler", "test"] as const).map((kind) =>
        methodFile(kind, service, method, idl.name, places)
      );
      return { path: `${path}.ts`, text: text!, test: [`${path}_test.ts`, test!] as [string, string] };
    })
  );
  return { generated, handlers };
}

/** Returns the files that are written once, when the project is created, and that the user owns. */
export function firstFiles(plan: Plan, idl: Idl): ReadonlyMap<string, string> {
  return new Map(listFirstFiles(plan, idl));
}

function* listFirstFiles(plan: Plan, idl: Idl): Generator<[path: string, text: string]> {
  yield ["deno.json", denoJson(plan, idl.name)];
  for (const [env, text] of Object.entries(CONF)) yield [`conf/${env}/conf.yaml`, named(text, plan)];
  if (plan.type !== "server") yield ["client.ts", clientFile(idl.services, idl.name)];
  if (plan.type !== "client") {
    yield ["main.ts", placed(MAIN, idl.name)];
    yield ["compose.yaml", named(plan.registry === "consul" ? CONTAINER.composeConsul : CONTAINER.compose, plan)];
    yield ["Dockerfile", CONTAINER.dockerfile];
    yield [".dockerignore", CONTAINER.dockerignore];
  }
  yield* Object.entries(COMMON);
  const readme = named(plan.type === "client" ? README.client : README.server, plan);
  const without = [...plan.type === "server" ? ["deno task client"] : [], ...plan.registry ? [] : ["consul"]];
  yield [
    "README.md",
    without.reduce((text, row) => text.replace(new RegExp(`^\\| \`[^\`]*${row}.*\n`, "m"), ""), readme),
  ];
}
