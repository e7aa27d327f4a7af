import type { DeclaredService } from "../../codegen/services.ts";
import { snake } from "./names.ts";
import { readText } from "./idl.ts";

/** Which handlers serve what the .proto has no more: a line for each, that names its place. */
export function* staleHandlers(root: string, services: readonly DeclaredService[], idl: string): Generator<string> {
  const folders = new Map(services.map((service) => [snake(service.name), service]));
  for (const folder of list(`${root}/handlers`).filter((one) => one.isDirectory)) {
    const service = folders.get(folder.name);
    for (const { name } of list(`${root}/handlers/${folder.name}`)) {
      if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
      const path = `handlers/${folder.name}/${name}`;
      const text = readText(`${root}/${path}`)!;
      const [use, local] = /\.methods\.(\w+)/.exec(text) ?? [];
      if (use === undefined || service?.methods.some((method) => method.local === local)) continue;
      const line = text.slice(0, text.indexOf(use)).split("\n").length;
      const what = service ? `${service.fullName} has no method ${local}` : `${idl} has no such service`;
      yield `${path}:${line}: ${what} any more: move what you need, then delete it and ${
        name.replace(".ts", "_test.ts")
      }`;
    }
  }
}

function list(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
