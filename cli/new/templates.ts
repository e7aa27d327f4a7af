/**
 * The files of the template project, as text. They are imported, so that they are available over HTTP too. The folder
 * `template/` is a complete project, which is checked and tested like any other; `_tools/template_json.ts` makes
 * `template.json` of it.
 *
 * @module
 */

import template from "./template.json" with { type: "json" };

const text = (path: keyof typeof template): string => template[path].join("\n");

/**
 * For each kind of call: the template method's names in TypeScript and in the .proto, its handler, and the handler's
 * test.
 */
export const METHODS = {
  unary: method("unary", "Unary", "unary"),
  client_streaming: method("clientStream", "ClientStream", "client_stream"),
  server_streaming: method("serverStream", "ServerStream", "server_stream"),
  bidi: method("bidi", "Bidi", "bidi"),
};

function method(local: string, name: string, file: "unary" | "client_stream" | "server_stream" | "bidi") {
  const path = `handlers/the_service/${file}` as const;
  return { local, name, handler: text(`${path}.ts`), test: text(`${path}_test.ts`) };
}

/** The file that starts the server. */
export const MAIN: string = text("main.ts");

/** The client's code. */
export const CLIENT: string = text("client.ts");

/** The settings by environment. */
export const CONF: Readonly<Record<string, string>> = {
  dev: text("conf/dev/conf.yaml"),
  test: text("conf/test/conf.yaml"),
  online: text("conf/online/conf.yaml"),
};

/** The files to run a server in a container. */
export const CONTAINER = {
  compose: text("compose.yaml"),
  composeConsul: text("compose_consul.yaml"),
  dockerfile: text("Dockerfile"),
  dockerignore: text("dockerignore"),
};

/** The files of every project. */
export const COMMON: Readonly<Record<string, string>> = {
  ".gitignore": text("gitignore"),
  ".github/workflows/ci.yml": text("ci.yml"),
  ".vscode/settings.json": text("vscode/settings.json"),
  ".vscode/extensions.json": text("vscode/extensions.json"),
};

/** The README of a project with a server, and of one with a client only. */
export const README = { server: text("README.md"), client: text("README_client.md") };
