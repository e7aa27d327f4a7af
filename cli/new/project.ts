import { format } from "../format.ts";
import { clientFile, methodFile, placed, registration } from "./handlers.ts";
import { type Idl, idlFiles } from "./idl.ts";
import { Places } from "./places.ts";
import { emptyReplies } from "./replies.ts";
import { denoJson, named, type Plan } from "./settings.ts";
import { COMMON, CONF, CONTAINER, MAIN, README } from "./templates.ts";

/** What is made anew whenever the .proto has changed. */
export interface Files {
  /** By path. Ours: written whenever they are not what they should be. */
  readonly generated: ReadonlyMap<string, string>;
  /** For each method. The user's: written where there is no handler. */
  readonly handlers: readonly {
    readonly path: string;
    readonly text: string;
    readonly test: [path: string, text: string];
  }[];
}

/** The files that follow from the .proto; those of a project without a server are fewer. */
export async function filesOf(idl: Idl, server: boolean): Promise<Files> {
  const generated = await idlFiles(idl);
  if (!server) return { generated, handlers: [] };
  const places = new Places(idl.services);
  generated.set("handlers/mod.ts", await format(registration(idl.services, idl.name, places)));
  const replyOf = emptyReplies(idl);
  const handlers = idl.services.flatMap((service) =>
    service.methods.map((method) => {
      const path = `handlers/${places.folderOf(service)}/${places.fileOf(method)}`;
      const reply = replyOf(service, method);
      const [text, test] = (["handler", "test"] as const).map((what) =>
        methodFile(what, service, method, idl.name, reply, places)
      );
      return { path: `${path}.ts`, text: text!, test: [`${path}_test.ts`, test!] as [string, string] };
    })
  );
  return { generated, handlers };
}

/** What is written when the project is made, and never again: the user's. */
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
