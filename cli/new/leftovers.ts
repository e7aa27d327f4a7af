import type { DeclaredService } from "../../codegen/emit/services.ts";
import { localName } from "../../codec/typescript_names.ts";
import { HandlerPaths } from "./handler_paths.ts";
import { readText } from "../files.ts";
import type { Idl } from "./idl.ts";

/** Returns a line for each copy in idl/ that the main .proto no longer needs. */
export const unusedCopies = ({ name, unused }: Idl): string[] =>
  unused.map((copy) =>
    `idl/${copy}: ${name} doesn't import it any more: delete it and ${copy.replace(/proto$/, "ts")}, or keep both`
  );

/** Yields a line for each handler or test whose method no longer exists in the .proto. */
export function* staleHandlers(root: string, services: readonly DeclaredService[], idl: string): Generator<string> {
  const places = new HandlerPaths(services);
  const folders = new Map(services.map((service) => [places.folderOf(service), service]));
  for (const folder of list(`${root}/handlers`).filter((entry) => entry.isDirectory)) {
    const service = folders.get(folder.name);
    const names = list(`${root}/handlers/${folder.name}`).map(({ name }) => name);
    for (const name of names.filter((file) => file.endsWith(".ts"))) {
      const isTest = name.endsWith("_test.ts");
      if (isTest && names.includes(name.replace("_test.ts", ".ts"))) continue; // named with its handler
      const path = `handlers/${folder.name}/${name}`;
      const text = readText(`${root}/${path}`)!;
      const [use, local] = (isTest ? /\.client\.(\w+)/ : /\.methods\.(\w+)/).exec(text) ?? [];
      if (use === undefined || service?.methods.some((method) => method.local === local)) continue;
      const line = text.slice(0, text.indexOf(use)).split("\n").length;
      const reason = service
        ? `${service.fullName} has no method ${protoName(text, service, local!)}`
        : `${idl} has no such service`;
      const test = name.replace(".ts", "_test.ts");
      const both = !isTest && names.includes(test) ? `it and ${test}` : "it";
      yield `${path}:${line}: ${reason} any more: move what you need, then delete ${both}`;
    }
  }
}

/** Returns the method's name in the .proto, from the comment of a handler's initial text, or its TypeScript name. */
function protoName(text: string, { fullName }: DeclaredService, local: string): string {
  const named = text.matchAll(new RegExp(`${RegExp.escape(fullName)}/(\\w+)|"(\\w+)\\(\\) `, "g"));
  return [...named].map(([, inHandler, inTest]) => inHandler ?? inTest!).find((name) => localName(name) === local) ??
    local;
}

function list(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
