/** The server, with the settings of conf/<env>/conf.yaml: `deno task serve` @module */

import { configure } from "../../../mod.ts";
import { addHandlers } from "./handlers/mod.ts";

try {
  await using app = await configure({ dir: new URL("./conf/", import.meta.url) });
  const server = app.createServer();
  addHandlers(server);
  await server.run();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
