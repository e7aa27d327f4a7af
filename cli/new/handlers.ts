import type { DeclaredMethod, DeclaredService } from "../../codegen/emit/services.ts";
import { Imports } from "../../codegen/emit/names.ts";
import { identifier, importedAs, snake } from "./names.ts";
import { marker } from "../../codegen/marker.ts";
import { inSpecifier } from "../generate/specifier.ts";
import type { HandlerPaths } from "./handler_paths.ts";
import { CLIENT, METHODS } from "./templates.ts";

/** Returns a template as a file of the project, with adjusted imports. `idl` is the path of the main .proto in idl/. */
export const placed = (template: string, idl: string): string =>
  template.replace(/"(?:\.\.\/)+(?:(testing)\/)?mod\.ts"/g, (_, entry) => entry ? `"dinokit/${entry}"` : '"dinokit"')
    .replace(
      "/idl/the.ts",
      () => `/idl/${inSpecifier(idl.replace(/proto$/, "ts"))}`,
    );

/** Returns the initial text of a method's handler or of its test. */
export function methodFile(
  kind: "handler" | "test",
  service: DeclaredService,
  method: DeclaredMethod,
  idl: string,
  places: HandlerPaths,
): string {
  const { local, name, [kind]: template } = METHODS[method.kind];
  const handler = identifier(method.local);
  const handlerAs = importedAs(handler, template, local);
  const serviceAs = importedAs(service.name, `${template} ${handlerAs}`, "TheService");
  return placed(template, idl)
    .replace(`template.TheService/${name}`, `${service.fullName}/${method.name}`)
    .replace(`"${name} is `, `"${method.name} is `)
    .replace(
      `handlers/the_service/${snake(name)}.ts`,
      `handlers/${places.folderOf(service)}/${places.fileOf(method)}.ts`,
    )
    .replaceAll(new RegExp(`(methods|client)\\.${local}\\b`, "g"), `$1.${method.local}`)
    .replace(`const ${local}:`, `const ${handler}:`)
    .replace(
      `{ ${local} } from "./${snake(name)}.ts"`,
      `${braced(handler, " as ", handlerAs)} from "./${places.fileOf(method)}.ts"`,
    )
    .replace(`{ ${local} })`, `${braced(method.local, ": ", handlerAs)})`)
    .replace(`"${name}() `, `"${method.name}() `)
    .replaceAll(
      /\{ TheService \}|\bTheService\b/g,
      (found) => found === "TheService" ? serviceAs : braced(service.name, " as ", serviceAs),
    );
}

/** Returns `{ name }` or `{ name as alias }`. */
const braced = (name: string, as: string, alias: string) => name === alias ? `{ ${name} }` : `{ ${name}${as}${alias} }`;

/** Returns the text of handlers/mod.ts, which registers all handlers. It is generated again each time. */
export function registration(services: readonly DeclaredService[], idl: string, places: HandlerPaths): string {
  const imports = new Imports(["addHandlers", "server"]);
  const server = imports.use("dinokit", "Server", true);
  const lines = services.map((service) => {
    const definition = imports.use(`../idl/${inSpecifier(idl.replace(/proto$/, "ts"))}`, service.name);
    const handlers = service.methods.map((method) => {
      const path = `./${places.folderOf(service)}/${places.fileOf(method)}.ts`;
      const handler = imports.use(path, identifier(method.local));
      return handler === method.local ? handler : `${method.local}: ${handler}`;
    });
    return `server.add(${definition}, { ${handlers.join(", ")} });`;
  });
  return `${marker(idl, "run `deno task gen`")}

${imports}

/** Adds the handlers of all methods to a server. */
export function addHandlers(server: ${server}): void {
${lines.join("\n")}
}
`;
}

/** Returns the client's text: a line for each method. If there are several services, each has a block of its own. */
export function clientFile(declared: readonly DeclaredService[], idl: string): string {
  const services = declared.filter(({ methods }) => methods.length > 0);
  const start = CLIENT.indexOf("  const service = ");
  const end = CLIENT.indexOf("} catch");
  const [first, ...lines] = CLIENT.slice(start, end).trimEnd().split("\n");
  const names = services.map(({ name }) => ({ name, as: importedAs(name, CLIENT, "TheService") }));
  const blocks = services.map(({ methods }, i) => {
    const calls = methods.map(({ kind, name, local }) => {
      const { local: template, name: label } = METHODS[kind];
      const line = lines.find((line) => line.includes(`.${template}(`))!;
      return line.replace(`.${template}(`, () => `.${local}(`).replace(`"${label}"`, `"${name}"`);
    });
    const text = [first!.replaceAll(/\bTheService\b/g, names[i]!.as), ...calls].join("\n");
    return services.length === 1 ? text : `  {\n${text}\n  }`;
  });
  const list = names.map(({ name, as }) => name === as ? name : `${name} as ${as}`).join(", ");
  const text = `${CLIENT.slice(0, start)}${blocks.join("\n")}\n${CLIENT.slice(end)}`;
  return placed(text, idl).replace("{ TheService }", `{ ${list} }`);
}
