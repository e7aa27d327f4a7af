/**
 * The files of the template project, as text. They are imported, so that they are available over HTTP too. The folder
 * is a complete project, which is checked and tested like any other.
 *
 * @module
 */

import bidi from "./template/handlers/the_service/bidi.ts" with { type: "text" };
import bidiTest from "./template/handlers/the_service/bidi_test.ts" with { type: "text" };
import clientStream from "./template/handlers/the_service/client_stream.ts" with { type: "text" };
import clientStreamTest from "./template/handlers/the_service/client_stream_test.ts" with { type: "text" };
import serverStream from "./template/handlers/the_service/server_stream.ts" with { type: "text" };
import serverStreamTest from "./template/handlers/the_service/server_stream_test.ts" with { type: "text" };
import unary from "./template/handlers/the_service/unary.ts" with { type: "text" };
import unaryTest from "./template/handlers/the_service/unary_test.ts" with { type: "text" };
import main from "./template/main.ts" with { type: "text" };
import client from "./template/client.ts" with { type: "text" };
import confDev from "./template/conf/dev/conf.yaml" with { type: "text" };
import confTest from "./template/conf/test/conf.yaml" with { type: "text" };
import confOnline from "./template/conf/online/conf.yaml" with { type: "text" };
import compose from "./template/compose.yaml" with { type: "text" };
import composeConsul from "./template/compose_consul.yaml" with { type: "text" };
import dockerfile from "./template/Dockerfile" with { type: "text" };
import dockerignore from "./template/dockerignore" with { type: "text" };
import gitignore from "./template/gitignore" with { type: "text" };
import ci from "./template/ci.yml" with { type: "text" };
import settings from "./template/vscode/settings.json" with { type: "text" };
import extensions from "./template/vscode/extensions.json" with { type: "text" };
import readme from "./template/README.md" with { type: "text" };
import readmeClient from "./template/README_client.md" with { type: "text" };

/**
 * For each kind of call: the template method's names in TypeScript and in the .proto, its handler, and the handler's
 * test.
 */
export const METHODS = {
  unary: { local: "unary", name: "Unary", handler: unary, test: unaryTest },
  client_streaming: {
    local: "clientStream",
    name: "ClientStream",
    handler: clientStream,
    test: clientStreamTest,
  },
  server_streaming: { local: "serverStream", name: "ServerStream", handler: serverStream, test: serverStreamTest },
  bidi: { local: "bidi", name: "Bidi", handler: bidi, test: bidiTest },
} as const;

/** The file that starts the server. */
export const MAIN: string = main;

/** The client's code. */
export const CLIENT: string = client;

/** The settings by environment. */
export const CONF: Readonly<Record<string, string>> = { dev: confDev, test: confTest, online: confOnline };

/** The files to run a server in a container. */
export const CONTAINER = { compose, composeConsul, dockerfile, dockerignore };

/** The files of every project. */
export const COMMON: Readonly<Record<string, string>> = {
  ".gitignore": gitignore,
  ".github/workflows/ci.yml": ci,
  ".vscode/settings.json": settings,
  ".vscode/extensions.json": extensions,
};

/** The README of a project with a server, and of one with a client only. */
export const README = { server: readme, client: readmeClient };
